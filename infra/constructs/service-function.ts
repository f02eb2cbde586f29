import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Code,
  LoggingFormat,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config.ts';
import { fromRoot } from './paths.ts';

export interface ServiceFunctionProps {
  readonly config: StageConfig;
  /** Folder under `functions/`; its `handler.ts` exports `handler`. */
  readonly name: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMiB?: number;
  readonly timeout?: Duration;
  /** Most executions at once; absent = bounded by the account only. */
  readonly concurrency?: number;
}

/** One Lambda function: runtime, bundle, log, tracing and names of its environment, decided once. */
export class ServiceFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { config, name } = props;
    const logGroup = new LogGroup(this, 'Log', {
      retention: config.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of its own that writes to its own log only, instead of the managed policy for all logs.
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const settings = {
      role,
      logGroup,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'handler.handler',
      memorySize: props.memoryMiB ?? 512,
      timeout: props.timeout ?? Duration.seconds(30),
      ...(props.concurrency === undefined ? {} : { reservedConcurrentExecutions: props.concurrency }),
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        LOG_LEVEL: config.logLevel,
        POWERTOOLS_SERVICE_NAME: name,
        POWERTOOLS_METRICS_NAMESPACE: 'hybrid-perps',
        NODE_OPTIONS: '--enable-source-maps',
        ...props.environment,
      },
    };
    const entry = fromRoot('functions', name, 'handler.ts');
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray writes and the listing of streams know no resources. Owner: platform.',
    });
    this.lambda = config.isBundled
      ? new NodejsFunction(this, 'Function', {
          ...settings,
          entry,
          handler: 'handler',
          bundling: BUNDLING,
          depsLockFilePath: fromRoot('package-lock.json'),
          projectRoot: fromRoot(),
        })
      : new LambdaFunction(this, 'Function', { ...settings, code: Code.fromAsset(fromRoot('functions', name)) });
  }
}

/** Everything inside, workspaces included, so that code and its domain have one hash; the runtime's SDK is not trusted to match. */
const BUNDLING = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  esbuildArgs: { '--conditions': 'source,module,node,import' },
  externalModules: [],
  minify: true,
  sourceMap: true,
  // Bundled CommonJS packages call require(); ES modules have none.
  banner: "import { createRequire as perpsRequire } from 'node:module'; const require = perpsRequire(import.meta.url);",
};
