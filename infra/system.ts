import { App, Tags, Validations, type StackProps } from 'aws-cdk-lib';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { ApiStack } from './api.ts';
import type { StageConfig } from './config.ts';
import { fromRoot } from './constructs/paths.ts';
import { DataStack } from './data.ts';
import { FunctionsStack } from './functions.ts';
import { KeysStack } from './keys.ts';
import { MessagingStack } from './messaging.ts';
import { NetworkStack } from './network.ts';
import { ObservabilityStack } from './observability.ts';
import { ServicesStack } from './services.ts';

/** What the image's build needs; all else would only change its hash. */
const NOT_IN_IMAGE = [
  '*',
  '!Dockerfile',
  '!package.json',
  '!package-lock.json',
  '!.npmrc',
  '!layers',
  '!services',
  '!scripts',
  '!tsconfig.json',
  '**/*.test.ts',
];

export interface SystemOptions {
  readonly outdir?: string;
  /** Context of `cdk.json`; the CLI hands it over by itself. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/** All stacks of one stage, wired; a pure function of the configuration and the sources. */
export async function createSystem(config: StageConfig, { outdir, context = {} }: SystemOptions = {}): Promise<App> {
  // Validation looks at constructs and templates, not at stages: done for what is deployed, not in the way of a local start.
  const isDeployed = config.stage !== 'local';
  const app = new App({
    ...(outdir === undefined ? {} : { outdir }),
    context,
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: isDeployed,
  });
  const name = (part: string): string => `perps-${config.stage}-${part}`;
  const stateless: StackProps = { env: { region: config.region } };
  const stateful: StackProps = { ...stateless, terminationProtection: config.isProtected };

  const keys = new KeysStack(app, name('keys'), stateful);
  const data = new DataStack(app, name('data'), { ...stateful, dataKey: keys.data });
  const messaging = new MessagingStack(app, name('messaging'), { ...stateful, shardCount: config.shardCount });
  const network = new NetworkStack(app, name('network'), { ...stateless, logRetentionDays: config.logRetentionDays });
  const services = new ServicesStack(app, name('services'), {
    ...stateless,
    config,
    image: config.isBundled ? builtImage() : ContainerImage.fromRegistry('hybrid-perps'),
    keys,
    data,
    messaging,
    network,
  });
  const functions = new FunctionsStack(app, name('functions'), { ...stateless, config, keys, data, messaging });
  const api = new ApiStack(app, name('api'), { ...stateless, config, network, balancer: services.balancer });
  new ObservabilityStack(app, name('observability'), { ...stateless, config, messaging, services, functions, api });

  Tags.of(app).add('system', 'hybrid-perps');
  Tags.of(app).add('stage', config.stage);
  if (isDeployed) {
    const { AwsSolutionsChecks } = await import('cdk-nag');
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  }
  return app;
}

const builtImage = (): ContainerImage =>
  ContainerImage.fromAsset(fromRoot(), { exclude: NOT_IN_IMAGE, platform: Platform.LINUX_ARM64 });
