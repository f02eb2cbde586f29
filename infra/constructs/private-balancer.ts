import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  type ApplicationTargetGroup,
  type IApplicationListener,
  type IApplicationLoadBalancer,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { NetworkStack } from '../network.ts';

export interface PrivateBalancerProps {
  readonly network: NetworkStack;
  readonly target: FargateService;
  readonly port: number;
}

/** A WebSocket without traffic is pinged every 30 s; the balancer waits longer than a missed ping. */
const IDLE_SECONDS = 120;

/** The only way into the gateway from outside its network: reached through the VPC link, never from the internet. */
export class PrivateBalancer extends Construct {
  readonly balancer: IApplicationLoadBalancer;
  readonly listener: IApplicationListener;
  readonly targets: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: PrivateBalancerProps) {
    super(scope, id);
    const { network, target, port } = props;
    const balancer = new ApplicationLoadBalancer(this, 'Alb', {
      vpc: network.vpc,
      internetFacing: false,
      securityGroup: network.balancer,
      idleTimeout: Duration.seconds(IDLE_SECONDS),
      dropInvalidHeaderFields: true,
      deletionProtection: true,
    });
    const accessLogs = new Bucket(this, 'AccessLogs', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    Validations.of(accessLogs).acknowledge({
      id: 'AwsSolutions-S1',
      reason: 'It holds access logs; logs of reading logs would go on for ever. Owner: platform.',
    });
    balancer.logAccessLogs(accessLogs);
    const listener = balancer.addListener('Http', { port: 80, protocol: ApplicationProtocol.HTTP, open: false });
    this.targets = listener.addTargets('Gateway', {
      port,
      protocol: ApplicationProtocol.HTTP,
      targets: [target],
      healthCheck: { path: '/health', interval: Duration.seconds(10), healthyThresholdCount: 2 },
      deregistrationDelay: Duration.seconds(20),
    });
    this.balancer = balancer;
    this.listener = listener;
  }
}
