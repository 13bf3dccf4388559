/** Imports run one way: docs/decisions/001-rooms-and-imports.md says why. */
const functions = '^(lambdas|lib/(core|kinds|consumers|checks|net|aws|runtime))/';

const oneWay = [
  { from: '^lib/core/', to: '^(bin|lambdas|lib/(?!core/))' },
  {
    from: '^lib/(kinds|consumers|checks|aws|net)/',
    to: '^(bin|lambdas|lib/(cli|infra|rehearsal|runtime|simulator|inventory)/)',
  },
  { from: '^lib/inventory/', to: '^(bin|lambdas|lib/(cli|infra|rehearsal|runtime|simulator|aws)/)' },
  { from: '^lib/runtime/', to: '^(bin|lambdas|lib/(cli|infra|rehearsal|simulator|inventory)/)' },
  { from: '^lib/cli/', to: '^(bin|lambdas|lib/(infra|rehearsal|simulator)/)' },
  { from: '^lib/infra/', to: '^(bin|lambdas|lib/(cli|rehearsal|simulator|runtime)/)' },
  { from: '^lib/simulator/', to: '^(bin|lambdas|lib/(?!simulator/))' },
  { from: '^lambdas/', to: '^(bin|lib/(cli|infra|rehearsal|simulator|inventory)/)' },
];

export default {
  forbidden: [
    ...oneWay.map(({ from, to }, index) => ({
      name: `one-way-${index + 1}`,
      severity: 'error',
      from: { path: from },
      to: { path: to },
    })),
    {
      name: 'no-cycle',
      severity: 'error',
      from: { path: '^(bin|lambdas|lib)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'aws-sdk-behind-ports',
      comment: '@aws-sdk stands only in lib/aws and in client.ts files',
      severity: 'error',
      from: { path: '^(bin|lambdas|lib)/', pathNot: '^lib/aws/|/client\\.ts$' },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'cdk-in-infra',
      severity: 'error',
      from: { path: '^(bin|lambdas|lib)/', pathNot: '^lib/infra/' },
      to: { path: 'node_modules/(aws-cdk-lib|constructs|cdk-nag)/' },
    },
    {
      name: 'drivers-in-client',
      severity: 'error',
      from: { path: '^lib/(kinds|consumers)/', pathNot: '/client\\.ts$' },
      to: { path: 'node_modules/(pg|mysql2|jose|ssh2|@aws-sdk)/' },
    },
    {
      name: 'registries-hold-facts',
      severity: 'error',
      from: { path: '^lib/(kinds|consumers|checks)/registry\\.ts$' },
      to: { path: '^lib/(kinds|consumers|checks)/', pathNot: '/facts\\.ts$' },
    },
    {
      name: 'shared-knows-no-kind',
      severity: 'error',
      from: { path: '^lib/kinds/shared/' },
      to: { path: '^lib/kinds/(?!shared/)' },
    },
    {
      name: 'no-development-parts-in-functions',
      severity: 'error',
      from: { path: functions },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'policy-engine-in-one-file',
      severity: 'error',
      from: { path: '^(bin|lambdas|lib)/', pathNot: '^lib/simulator/iam/policy-engine\\.ts$' },
      to: { path: 'node_modules/@cloud-copilot/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
