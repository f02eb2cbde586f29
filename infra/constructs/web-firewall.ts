import { CfnLoggingConfiguration, CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface WebFirewallProps {
  /** The REST stage it protects. */
  readonly resourceArn: string;
  /** Requests per five minutes and client address. */
  readonly requestsPerAddress: number;
  readonly logRetentionDays: number;
}

/** AWS's own rule groups. The one on bodies is left out of the common set: JSON orders trip its size rule of 8 KB. */
const MANAGED_RULES = [
  { name: 'AWSManagedRulesCommonRuleSet', onlyCounted: ['SizeRestrictions_BODY', 'NoUserAgent_HEADER'] },
  { name: 'AWSManagedRulesKnownBadInputsRuleSet', onlyCounted: [] },
  { name: 'AWSManagedRulesAmazonIpReputationList', onlyCounted: [] },
] as const;

/** A web firewall in front of one stage: known attacks, known bad addresses, and too many requests from one address. */
export class WebFirewall extends Construct {
  constructor(scope: Construct, id: string, props: WebFirewallProps) {
    super(scope, id);
    const acl = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visible('all'),
      rules: [
        {
          name: 'rate-per-address',
          priority: 0,
          action: { block: { customResponse: { responseCode: 429 } } },
          statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit: props.requestsPerAddress } },
          visibilityConfig: visible('rate-per-address'),
        },
        ...MANAGED_RULES.map(({ name, onlyCounted }, index) => managedRule(name, index + 1, onlyCounted)),
      ],
    });
    new CfnWebACLAssociation(this, 'Association', { webAclArn: acl.attrArn, resourceArn: props.resourceArn });
    // The service accepts only log groups whose name begins so.
    const log = new LogGroup(this, 'Log', {
      logGroupName: `aws-waf-logs-${acl.node.addr}`,
      retention: props.logRetentionDays,
    });
    new CfnLoggingConfiguration(this, 'Logging', {
      resourceArn: acl.attrArn,
      logDestinationConfigs: [log.logGroupArn],
      redactedFields: [{ singleHeader: { Name: 'authorization' } }],
    });
  }
}

const managedRule = (name: string, priority: number, onlyCounted: readonly string[]): CfnWebACL.RuleProperty => ({
  name,
  priority,
  overrideAction: { none: {} },
  statement: {
    managedRuleGroupStatement: {
      vendorName: 'AWS',
      name,
      ruleActionOverrides: onlyCounted.map((rule) => ({ name: rule, actionToUse: { count: {} } })),
    },
  },
  visibilityConfig: visible(name),
});

const visible = (metricName: string): CfnWebACL.VisibilityConfigProperty => ({
  metricName,
  cloudWatchMetricsEnabled: true,
  sampledRequestsEnabled: true,
});
