export { createObservability, observed, type Observability } from './observability.ts';
