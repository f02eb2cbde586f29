import { Duration } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';

export interface ServiceMetricProps {
  /** As the service writes it in its embedded-metric lines. */
  readonly name: string;
  readonly service: 'engine' | 'gateway' | 'market-data' | 'funding' | 'deviation';
  readonly statistic: 'Sum' | 'Maximum' | 'p99';
}

/** A metric that a service writes to its log, without tags of its own. */
export const serviceMetric = ({ name, service, statistic }: ServiceMetricProps): Metric =>
  new Metric({
    namespace: 'hybrid-perps',
    metricName: name,
    dimensionsMap: { service },
    statistic,
    period: Duration.minutes(1),
  });
