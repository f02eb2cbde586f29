import { Stack, type StackProps } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  Peer,
  Port,
  SecurityGroup,
  SubnetType,
  Vpc,
  type IVpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface NetworkStackProps extends StackProps {
  readonly logRetentionDays: number;
}

/** Interface endpoints on the order path or at start-up; the rest goes through the NAT gateway. */
const INTERFACE_ENDPOINTS = {
  Kms: InterfaceVpcEndpointAwsService.KMS,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
  Ecr: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
} as const;

const ADDRESSES = '10.0.0.0/16';

/** A network without public hosts: services in private subnets, out only through NAT, AWS through endpoints. */
export class NetworkStack extends Stack {
  readonly vpc: IVpc;
  /** Members talk to each other on the services' ports; nobody else does. */
  readonly services: SecurityGroup;
  readonly balancer: SecurityGroup;

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props);
    const vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(ADDRESSES),
      maxAzs: 2,
      natGateways: 2,
      subnetConfiguration: [
        { name: 'nat', subnetType: SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
        { name: 'services', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      ],
      gatewayEndpoints: {
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
        S3: { service: GatewayVpcEndpointAwsService.S3 },
      },
    });
    const flowLogs = new LogGroup(this, 'FlowLogs', { retention: props.logRetentionDays });
    vpc.addFlowLog('Flow', {
      destination: FlowLogDestination.toCloudWatchLogs(flowLogs),
      trafficType: FlowLogTrafficType.REJECT,
    });
    const endpoints = new SecurityGroup(this, 'Endpoints', { vpc, allowAllOutbound: false });
    for (const [name, service] of Object.entries(INTERFACE_ENDPOINTS)) {
      vpc.addInterfaceEndpoint(name, { service, securityGroups: [endpoints], open: false });
    }
    this.services = new SecurityGroup(this, 'Services', { vpc, description: 'Engine, gateway, market data' });
    this.balancer = new SecurityGroup(this, 'Balancer', { vpc, description: 'Private balancer of the gateway' });
    this.vpc = vpc;
    endpoints.addIngressRule(this.services, Port.tcp(443), 'AWS APIs');
    this.services.addIngressRule(this.services, Port.tcpRange(7000, 7099), 'RPC between services');
    this.services.addIngressRule(this.balancer, Port.tcp(8080), 'Balancer to gateway');
    // VPC link interfaces carry addresses of the network and no group that a rule could name.
    this.balancer.addIngressRule(Peer.ipv4(ADDRESSES), Port.tcp(80), 'VPC link to balancer');
  }
}
