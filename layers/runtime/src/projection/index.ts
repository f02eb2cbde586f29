export * from './ports.ts';
export { createProjector, ProjectionBehindError, type Projector, type ProjectorOptions } from './projector.ts';
