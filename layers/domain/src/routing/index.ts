export * from './model.ts';
export * from './route.ts';
export * from './default-policy.ts';
