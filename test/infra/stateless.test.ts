import { beforeAll, describe, expect, it } from '@jest/globals';
import { deviationConfig } from '../../functions/deviation/request.ts';
import { engineConfig } from '../../services/engine/config.ts';
import { gatewayConfig } from '../../services/gateway/config.ts';
import { synthesize, type Resource, type System } from './templates.ts';

let system: System;

beforeAll(async () => {
  system = await synthesize('local');
});

interface Statement {
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value]);

/** What a policy allows. */
function statementsOf({ Properties }: Resource): readonly Statement[] {
  const document = Properties['PolicyDocument'] as { Statement: Record<string, unknown>[] };
  return document.Statement.filter(({ Effect }) => Effect === 'Allow').map(({ Action, Resource: on }) => ({
    actions: listOf(Action).map(String),
    resources: listOf(on),
  }));
}

const policyOf = (logicalId: string): readonly Statement[] => statementsOf(system.named('AWS::IAM::Policy', logicalId));

/** Actions that IAM knows no resources for, with the reason each is there. */
const WITHOUT_RESOURCE = [
  'ecr:GetAuthorizationToken',
  'xray:PutTraceSegments',
  'xray:PutTelemetryRecords',
  'dynamodb:ListStreams',
];

describe('roles', () => {
  it('name their actions one by one', () => {
    const wild = system
      .ofType('AWS::IAM::Policy')
      .flatMap((policy) => statementsOf(policy).flatMap(({ actions }) => actions))
      .filter((action) => action.includes('*'));
    expect(wild).toEqual([]);
  });

  it('name their resources, except where an action knows none', () => {
    const unbounded = system
      .ofType('AWS::IAM::Policy')
      .flatMap(statementsOf)
      .filter(({ resources }) => resources.includes('*'))
      .flatMap(({ actions }) => actions);
    expect(unbounded.filter((action) => !WITHOUT_RESOURCE.includes(action))).toEqual([]);
  });

  it('use no managed policies', () => {
    const managed = system.ofType('AWS::IAM::Role').filter(({ Properties }) => 'ManagedPolicyArns' in Properties);
    expect(managed.map(({ logicalId }) => logicalId)).toEqual([]);
  });

  /** Role → service prefix → what it may do there. */
  const MAY = {
    EngineTaskTaskRole: {
      dynamodb: ['GetItem', 'PutItem', 'Query', 'UpdateItem'],
      s3: ['AbortMultipartUpload', 'GetObject', 'ListBucket', 'PutObject'],
      sqs: ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'],
    },
    GatewayTaskTaskRole: { dynamodb: ['GetItem', 'PutItem', 'Query'] },
    DispatcherRole: {
      dynamodb: ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'],
      sqs: ['GetQueueAttributes', 'GetQueueUrl', 'SendMessage'],
    },
    ProjectorRole: {
      dynamodb: ['GetItem', 'PutItem', 'Query', 'UpdateItem'],
      sqs: ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'],
    },
    FundingRole: { dynamodb: ['Query'], sqs: ['GetQueueAttributes', 'GetQueueUrl', 'SendMessage'] },
    FundingHoursRole: { lambda: ['InvokeFunction'], sqs: ['GetQueueAttributes', 'GetQueueUrl', 'SendMessage'] },
    DeviationRole: {
      dynamodb: ['GetItem', 'PutItem', 'Query', 'UpdateItem'],
      sqs: ['GetQueueAttributes', 'GetQueueUrl', 'SendMessage'],
    },
    DeviationRunsRole: { lambda: ['InvokeFunction'], sqs: ['GetQueueAttributes', 'GetQueueUrl', 'SendMessage'] },
    ReceiptsRole: {
      dynamodb: ['GetItem', 'PutItem', 'Query', 'UpdateItem'],
      sqs: ['ChangeMessageVisibility', 'DeleteMessage', 'GetQueueAttributes', 'GetQueueUrl', 'ReceiveMessage'],
    },
  };

  it.each(Object.entries(MAY))('%s does what it must and nothing else', (role, services) => {
    const actions = [...new Set(policyOf(role).flatMap((statement) => statement.actions))];
    for (const [service, expected] of Object.entries(services)) {
      const found = actions.filter((action) => action.startsWith(`${service}:`)).map((action) => action.split(':')[1]);
      expect({ service, found: found.toSorted() }).toEqual({ service, found: expected });
    }
    const others = actions.filter((action) => !/^(kms|xray|logs):/.test(action));
    expect(others.filter((action) => !((action.split(':')[0] ?? '') in services))).toEqual([]);
  });

  it('let nobody change or delete a journal record', () => {
    const onJournal = system
      .ofType('AWS::IAM::Policy')
      .flatMap(statementsOf)
      .filter(({ resources }) => /Journal[0-9A-F]+Arn/.test(JSON.stringify(resources)))
      .flatMap(({ actions }) => actions);
    expect([...new Set(onJournal)].toSorted()).toEqual(['dynamodb:PutItem', 'dynamodb:Query']);
  });

  /** Statements that let a role sign, by the beginning of its policy's name. */
  const signing = (role: string): readonly Statement[] =>
    policyOf(role).filter(({ actions }) => actions.includes('kms:Sign'));

  it('let only the engine and the receipts sign', () => {
    const signers = system
      .ofType('AWS::IAM::Policy')
      .filter((policy) => statementsOf(policy).some(({ actions }) => actions.includes('kms:Sign')));
    const names = signers.map(({ logicalId }) => logicalId.replace(/DefaultPolicy.*$/, ''));
    expect(names.toSorted()).toEqual(['EngineTaskTaskRole', expect.stringMatching(/^ReceiptsRole/)]);
  });

  it('let the engine sign with the keys of the trading account alone', () => {
    const [statement, ...others] = signing('EngineTaskTaskRole');
    expect(others).toEqual([]);
    expect(statement?.actions).toEqual(['kms:GetPublicKey', 'kms:Sign']);
    expect(JSON.stringify(statement?.resources)).not.toMatch(/hedge|Receipts/);
    expect(statement?.resources).toHaveLength(2);
  });

  it('let receipts be signed with their own key, and the door read its public part only', () => {
    const [statement, ...others] = signing('ReceiptsRole');
    expect(others).toEqual([]);
    expect(statement?.actions).toEqual(['kms:GetPublicKey', 'kms:Sign']);
    expect(statement?.resources).toEqual([{ 'Fn::ImportValue': expect.stringContaining('Receipts') }]);
    const read = policyOf('GatewayTaskTaskRole').filter(({ actions }) => actions.includes('kms:GetPublicKey'));
    expect(read).toEqual([{ actions: ['kms:GetPublicKey'], resources: statement?.resources }]);
  });

  it('let nobody change or delete a receipt', () => {
    const onReceipts = system
      .ofType('AWS::IAM::Policy')
      .flatMap(statementsOf)
      .filter(({ resources }) => /GetAttReceipts[0-9A-F]+Arn/.test(JSON.stringify(resources)))
      .flatMap(({ actions }) => actions.filter((action) => action.startsWith('dynamodb:')));
    expect([...new Set(onReceipts)].toSorted()).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem']);
  });
});

const ENVIRONMENT = {
  Engine: Object.keys(engineConfig.shape).filter(
    (name) => !/^(VENUE_EXPIRES|LEASE_TTL|SNAPSHOT_EVERY|HL_AGENT_SEALED|HL_AGENT_ADDR)/.test(name),
  ),
  Gateway: [...Object.keys(gatewayConfig.shape).filter((name) => !name.startsWith('RATE_LIMIT')), 'VENUE_URL'],
  MarketData: ['VENUE_URL', 'VENUE_WS_URL', 'VENUE_NETWORK', 'PORT', 'HOST', 'LOG_LEVEL'],
};

describe('services', () => {
  it.each(Object.entries(ENVIRONMENT))('%s finds every setting it reads', (role, names) => {
    const task = system.named('AWS::ECS::TaskDefinition', `${role}Task`);
    const [container] = listOf(task.Properties['ContainerDefinitions']) as { Environment: { Name: string }[] }[];
    const given = container?.Environment.map(({ Name }) => Name) ?? [];
    expect(names.filter((name) => !given.includes(name))).toEqual([]);
    expect(given).toContain('AWS_REGION');
  });

  it('are reached through a private balancer and have no public address', () => {
    expect(system.ofType('AWS::ElasticLoadBalancingV2::LoadBalancer').map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({ Scheme: 'internal' }),
    ]);
    for (const { Properties } of system.ofType('AWS::ECS::Service')) {
      expect(JSON.stringify(Properties['NetworkConfiguration'])).toContain('"AssignPublicIp":"DISABLED"');
    }
  });

  it('roll back what does not become healthy', () => {
    for (const { Properties } of system.ofType('AWS::ECS::Service')) {
      expect(Properties['DeploymentConfiguration']).toMatchObject({
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
      });
    }
  });
});

describe('functions', () => {
  it('run on Node 24, arm64, traced, with a log that ends', () => {
    const functions = system.ofType('AWS::Lambda::Function');
    expect(functions).toHaveLength(5);
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON' },
      });
    }
    for (const { Properties } of system.ofType('AWS::Logs::LogGroup')) {
      expect(Properties['RetentionInDays']).toBe(7);
    }
  });

  it('settle funding a minute past every hour and once more, on every shard; what cannot start is set aside', () => {
    const { Properties } = system.named('AWS::Scheduler::Schedule', 'FundingHours');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'cron(1,6 * * * ? *)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { DeadLetterConfig: { Arn: expect.anything() }, RetryPolicy: { MaximumRetryAttempts: 5 } },
    });
    const { Input } = Properties['Target'] as { Input: unknown };
    expect(new Set(JSON.stringify(Input).match(/Commands\d/g)).size).toBe(2);
  });

  it('compare books with the venue every five minutes, by the queues of all shards; what cannot start is set aside', () => {
    const { Properties } = system.named('AWS::Scheduler::Schedule', 'DeviationRuns');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'cron(2,7,12,17,22,27,32,37,42,47,52,57 * * * ? *)',
      Target: { DeadLetterConfig: { Arn: expect.anything() }, RetryPolicy: { MaximumRetryAttempts: 5 } },
    });
    const { Input } = Properties['Target'] as { Input: unknown };
    expect(new Set(JSON.stringify(Input).match(/Commands\d/g)).size).toBe(2);
    const { Environment } = system.named('AWS::Lambda::Function', 'Deviation').Properties as {
      Environment: { Variables: object };
    };
    const given = Object.keys(Environment.Variables);
    expect(Object.keys(deviationConfig.shape).filter((name) => !given.includes(name))).toEqual([]);
  });

  it('take the journal in order, report partial failures and give up into a queue', () => {
    const mappings = system.ofType('AWS::Lambda::EventSourceMapping').map(({ Properties }) => Properties);
    const stream = mappings.find((mapping) => 'StartingPosition' in mapping);
    expect(stream).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      DestinationConfig: { OnFailure: expect.anything() },
    });
    const queues = mappings.filter((mapping) => mapping !== stream);
    expect(queues).toHaveLength(2);
    for (const mapping of queues) {
      expect(mapping).toMatchObject({ FunctionResponseTypes: ['ReportBatchItemFailures'], BatchSize: 10 });
    }
  });
});

describe('the door', () => {
  it('is a regional REST API behind a firewall with managed rules and a rate', () => {
    expect(system.ofType('AWS::ApiGateway::RestApi').map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({ EndpointConfiguration: { Types: ['REGIONAL'] } }),
    ]);
    const [acl] = system.ofType('AWS::WAFv2::WebACL');
    const rules = JSON.stringify(acl?.Properties['Rules']);
    for (const rule of ['RateBasedStatement', 'AWSManagedRulesCommonRuleSet', 'AWSManagedRulesKnownBadInputsRuleSet']) {
      expect(rules).toContain(rule);
    }
    const [association] = system.ofType('AWS::WAFv2::WebACLAssociation');
    expect(JSON.stringify(association?.Properties['ResourceArn'])).toContain('/stages/');
  });

  it('leads through a VPC link to the balancer, whole', () => {
    const [method] = system.ofType('AWS::ApiGateway::Method');
    expect(method?.Properties).toMatchObject({
      HttpMethod: 'ANY',
      Integration: { Type: 'HTTP_PROXY', ConnectionType: 'VPC_LINK', IntegrationTarget: expect.anything() },
    });
    expect(system.ofType('AWS::ApiGatewayV2::VpcLink')).toHaveLength(1);
  });
});
