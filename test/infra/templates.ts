/** The templates of a stage as the tests of this folder read them. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { stageConfig, type Stage, type StageInput } from '../../infra/config.ts';
import { fromRoot } from '../../infra/constructs/paths.ts';
import { createSystem } from '../../infra/system.ts';

const resource = z.object({
  Type: z.string(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const template = z.object({ Resources: z.record(z.string(), resource) });

export type Resource = z.infer<typeof resource> & { readonly logicalId: string; readonly stack: string };

export interface System {
  /** All resources of a type, in all stacks. */
  ofType(type: string): readonly Resource[];
  /** The one resource whose logical id begins so. */
  named(type: string, logicalId: string): Resource;
  readonly resources: readonly Resource[];
  /** Stack names that cannot be deleted by mistake. */
  readonly protectedStacks: readonly string[];
  /** Bytes of every template, by file name. */
  readonly files: Readonly<Record<string, string>>;
}

/** Synthesizes a stage into a folder of its own; throws where validation (nag included) finds something. */
export async function synthesize(stage: Stage, input: Omit<StageInput, 'stage'> = {}): Promise<System> {
  const { context } = JSON.parse(readFileSync(fromRoot('cdk.json'), 'utf8'));
  const outdir = mkdtempSync(join(tmpdir(), `perps-cdk-${stage}-`));
  const app = await createSystem(stageConfig({ stage, ...input }), { outdir, context });
  const { stacks } = app.synth();
  const files = Object.fromEntries(
    stacks.map(({ templateFile }) => [templateFile, readFileSync(join(outdir, templateFile), 'utf8')]),
  );
  const resources = stacks.flatMap(({ stackName, templateFile }) =>
    Object.entries(template.parse(JSON.parse(files[templateFile] ?? '')).Resources).map(([logicalId, one]) => ({
      ...one,
      logicalId,
      stack: stackName,
    })),
  );
  const ofType = (type: string): readonly Resource[] => resources.filter((one) => one.Type === type);
  return {
    resources,
    files,
    ofType,
    named: (type, logicalId) => {
      const [found, ...others] = ofType(type).filter((one) => one.logicalId.startsWith(logicalId));
      if (found === undefined || others.length > 0) throw new Error(`${type} ${logicalId}: not exactly one`);
      return found;
    },
    protectedStacks: stacks.filter((stack) => stack.terminationProtection === true).map(({ stackName }) => stackName),
  };
}
