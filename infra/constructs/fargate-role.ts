import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import {
  AwsLogDriverMode,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
  type Cluster,
  type ContainerImage,
} from 'aws-cdk-lib/aws-ecs';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StageConfig, TaskSize } from '../config.ts';

export interface FargateRoleProps {
  readonly cluster: Cluster;
  readonly config: StageConfig;
  readonly image: ContainerImage;
  /** Folder under `services/`; the image holds one bundle per role. */
  readonly role: 'engine' | 'gateway' | 'market-data';
  readonly size: TaskSize;
  readonly port: number;
  readonly securityGroup: ISecurityGroup;
  readonly environment: Readonly<Record<string, string>>;
}

/** Longer than the 25 s in which a service drains. */
const STOP_SECONDS = 30;

/** One long-lived service: its task, role, log, health check and roll-out rules, decided once. */
export class FargateRole extends Construct implements IGrantable {
  readonly service: FargateService;
  readonly grantPrincipal: IPrincipal;

  constructor(scope: Construct, id: string, props: FargateRoleProps) {
    super(scope, id);
    const { cluster, config, role, size, port } = props;
    const task = new FargateTaskDefinition(this, 'Task', {
      cpu: size.cpu,
      memoryLimitMiB: size.memoryMiB,
      runtimePlatform: {
        cpuArchitecture: CpuArchitecture.ARM64,
        operatingSystemFamily: OperatingSystemFamily.LINUX,
      },
    });
    task.addContainer('Service', {
      image: props.image,
      command: ['node', '--enable-source-maps', `${role}.js`],
      environment: {
        AWS_REGION: Stack.of(this).region,
        LOG_LEVEL: config.logLevel,
        PORT: String(port),
        HOST: '0.0.0.0',
        ...props.environment,
      },
      portMappings: [{ containerPort: port }],
      logging: LogDrivers.awsLogs({
        streamPrefix: role,
        mode: AwsLogDriverMode.NON_BLOCKING,
        logGroup: new LogGroup(this, 'Log', {
          retention: config.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      }),
      healthCheck: {
        command: ['CMD', 'node', '--eval', probe(port)],
        interval: Duration.seconds(10),
        startPeriod: Duration.seconds(120),
      },
      readonlyRootFilesystem: true,
      stopTimeout: Duration.seconds(STOP_SECONDS),
    });
    this.service = new FargateService(this, 'Service', {
      cluster,
      taskDefinition: task,
      desiredCount: size.count,
      // A new task runs beside the old one: leases decide who owns a shard, never the scheduler.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      circuitBreaker: { rollback: true },
      securityGroups: [props.securityGroup],
      cloudMapOptions: { name: role },
    });
    this.grantPrincipal = task.taskRole;
    Validations.of(task).acknowledge(
      { id: 'AwsSolutions-ECS2', reason: 'Names and addresses only: there is no secret among them. Owner: platform.' },
      {
        id: 'AwsSolutions-IAM5[Resource::*]',
        reason: 'ecr:GetAuthorizationToken of the execution role knows no resources. Owner: platform.',
      },
    );
  }
}

/** Alive, not ready: a task that cannot decide yet (recovering, or without a shard) must not be killed for it. */
const probe = (port: number): string =>
  `fetch('http://127.0.0.1:${port}/health').then(() => process.exit(0), () => process.exit(1))`;
