/** One runner for every tier. ES modules need `node --experimental-vm-modules` (see scripts in package.json). */
// ws would load a native addon that cannot be loaded into more than one of jest's contexts.
process.env.WS_NO_BUFFER_UTIL = '1';

const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  testMatch: testMatch.map((pattern) => `<rootDir>/${pattern}`),
  extensionsToTreatAsEsm: ['.ts'],
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/cdk.out', '<rootDir>/.local', '/dist/'],
  ...extra,
});

export default {
  projects: [
    project('unit', [
      'layers/**/*.test.ts',
      'services/**/*.test.ts',
      'functions/**/*.test.ts',
      'infra/**/*.test.ts',
      'local/**/*.test.ts',
      'test/architecture/**/*.test.ts',
      'test/golden/**/*.test.ts',
      'test/infra/**/*.test.ts',
      'test/simulation/**/*.test.ts',
      'test/replay/**/*.test.ts',
    ]),
    project('contract', ['test/contract/**/*.test.ts']),
    project('scenario', ['test/scenarios/**/*.test.ts']),
  ],
  testTimeout: 120_000,
  // One more than cores: a third of the scenarios wait for an hour to pass.
  maxWorkers: 3,
};
