export * from './ports.ts';
export {
  createProjector,
  ProjectionBehindError,
  readRound,
  ROUNDS_MAX,
  type Projector,
  type ProjectorOptions,
} from './projector.ts';
