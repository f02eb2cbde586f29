import { Stack, Validations, type StackProps } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AuthorizationType,
  CfnMethod,
  EndpointType,
  HttpIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RestApi,
  VpcLink,
} from 'aws-cdk-lib/aws-apigateway';
import { CfnVpcLink } from 'aws-cdk-lib/aws-apigatewayv2';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { StageConfig } from './config.ts';
import type { PrivateBalancer } from './constructs/private-balancer.ts';
import { WebFirewall } from './constructs/web-firewall.ts';
import type { NetworkStack } from './network.ts';

export interface ApiStackProps extends StackProps {
  readonly config: StageConfig;
  readonly network: NetworkStack;
  readonly balancer: PrivateBalancer;
}

const PROXY_PATH = 'path.proxy';

/** The public door: a regional REST API behind a firewall, proxied whole to the private balancer. */
export class ApiStack extends Stack {
  readonly api: RestApi;

  constructor(scope: Construct, id: string, props: ApiStackProps) {
    super(scope, id, props);
    const { config, network, balancer } = props;
    const link = new CfnVpcLink(this, 'Link', {
      name: `${id}-gateway`,
      subnetIds: network.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_WITH_EGRESS }).subnetIds,
      securityGroupIds: [network.balancer.securityGroupId],
    });
    this.api = new RestApi(this, 'Api', {
      description: 'Traders: /info and /exchange in the wire format of Hyperliquid',
      endpointTypes: [EndpointType.REGIONAL],
      deployOptions: {
        stageName: config.stage,
        tracingEnabled: true,
        metricsEnabled: true,
        // Errors only and never bodies: an order belongs in the journal, not in a log.
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        accessLogDestination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLog', { retention: config.logRetentionDays }),
        ),
        accessLogFormat: AccessLogFormat.jsonWithStandardFields(),
      },
    });
    const everything = this.api.root.addProxy({
      defaultIntegration: new HttpIntegration(`http://${balancer.balancer.loadBalancerDnsName}/{proxy}`, {
        httpMethod: 'ANY',
        proxy: true,
        options: {
          vpcLink: VpcLink.fromVpcLinkId(this, 'GatewayLink', link.attrVpcLinkId),
          requestParameters: { [`integration.request.${PROXY_PATH}`]: `method.request.${PROXY_PATH}` },
        },
      }),
      defaultMethodOptions: {
        authorizationType: AuthorizationType.NONE,
        requestParameters: { [`method.request.${PROXY_PATH}`]: true },
      },
    });
    const method = everything.anyMethod?.node.defaultChild;
    // A link of version 2 needs the listener besides; the construct does not know it yet.
    if (method instanceof CfnMethod) {
      method.addPropertyOverride('Integration.IntegrationTarget', balancer.listener.listenerArn);
    }
    new WebFirewall(this, 'Firewall', {
      resourceArn: this.api.deploymentStage.stageArn,
      requestsPerAddress: config.webRequestsPerAddress,
      logRetentionDays: config.logRetentionDays,
    });
    Validations.of(this.api).acknowledge(
      {
        id: 'AwsSolutions-APIG4',
        reason:
          'Every action carries a wallet signature over its body, which no authorizer sees; the gateway verifies it.',
      },
      { id: 'AwsSolutions-COG4', reason: 'Traders are known by wallet signatures, not by a user pool.' },
      {
        id: 'AwsSolutions-APIG2',
        reason: 'Requests are validated by the gateway, whose schemas answer as Hyperliquid does.',
      },
    );
  }
}
