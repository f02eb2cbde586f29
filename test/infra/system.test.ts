import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { problemsOf, stageConfig } from '../../infra/config.ts';
import { fromRoot } from '../../infra/constructs/paths.ts';
import { synthesize, type System } from './templates.ts';

/** Bundling and both sets of rules take about ten seconds, and several times that on a busy machine. */
const PRODUCTION_MS_MAX = 240_000;

describe('configuration', () => {
  it('of every stage is lawful', () => {
    for (const stage of ['local', 'dev', 'prod']) expect(problemsOf(stageConfig({ stage }))).toEqual([]);
  });

  it('fixes the number of shards for life', () => {
    expect(stageConfig({ stage: 'prod' }).shardCount).toBe(64);
    expect(stageConfig({ stage: undefined })).toMatchObject({ stage: 'local', shardCount: 2 });
  });

  it('names what is wrong and stops', () => {
    expect(() => stageConfig({ stage: 'staging' })).toThrow('use one of local, dev, prod');
    expect(() => stageConfig({ stage: 'prod', hlTradingAccount: '0x12', alarmEmail: 'nobody' })).toThrow(
      'stage prod: hlTradingAccount is 0x and 40 hex digits; alarmEmail is an e-mail address',
    );
  });

  it('signs for the test network unless somebody decides otherwise', () => {
    for (const stage of ['local', 'dev', 'prod']) expect(stageConfig({ stage }).signingNetwork).toBe('Testnet');
  });
});

describe('production', () => {
  let system: System;
  // Synthesis throws where cdk-nag or CloudFormation's own rules find something unanswered.
  beforeAll(async () => {
    system = await synthesize('prod');
  }, PRODUCTION_MS_MAX);

  it('has one queue per shard, in the order of shards, in the engine', () => {
    const queues = system.ofType('AWS::SQS::Queue').filter(({ logicalId }) => logicalId.startsWith('Commands'));
    expect(queues).toHaveLength(64);
    const task = JSON.stringify(system.named('AWS::ECS::TaskDefinition', 'EngineTask').Properties);
    const shards = [...task.matchAll(/FnGetAttCommands(\d+)|RefCommands(\d+)/g)].map(([, one, other]) =>
      Number(one ?? other),
    );
    expect(shards.length).toBe(64);
  });

  it('gives each alarm a chapter of the runbook', () => {
    const alarms = system.ofType('AWS::CloudWatch::Alarm');
    const chapters = alarms.map(({ Properties }) => String(Properties['AlarmDescription']).split('#')[1] ?? '');
    const runbook = readFileSync(fromRoot('docs', 'runbook.md'), 'utf8');
    const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title.toLowerCase().replaceAll(' ', '-'),
    );
    expect(chapters.filter((chapter) => !headings.includes(chapter))).toEqual([]);
    for (const { Properties } of alarms) expect(Properties['AlarmActions']).toHaveLength(1);
  });

  it('rings for dead letters, failing appends, old pending orders, ill gateways and server errors', () => {
    const names = system.ofType('AWS::CloudWatch::Alarm').map(({ logicalId }) => logicalId);
    for (const alarm of [
      'DeadCommands',
      'DeadProjections',
      'DeadDispatches',
      'DeadReceipts',
      'DeadFunding',
      'FundingErrors',
      'FundingMirrorCritical',
      'DeadDeviation',
      'DeviationErrors',
      'DeviationBehind',
      'DeviationAlert',
      'DeviationCritical',
      'DeviationDayReview',
      'DeviationDayCritical',
      'JournalUndecided',
      'OldestPending',
      'GatewayUnhealthy',
      'ServerErrors',
    ]) {
      expect(names).toEqual(expect.arrayContaining([expect.stringContaining(alarm)]));
    }
    expect(system.ofType('AWS::CloudWatch::Dashboard')).toHaveLength(1);
  });
});

it('is the same from the same source', async () => {
  const [one, other] = [await synthesize('local'), await synthesize('local')];
  expect(one.files).toEqual(other.files);
});
