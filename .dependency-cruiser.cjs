const { Visitor } = require('@swc/core/Visitor.js');

// The parser knows `using`, its visitor does not yet: look into what is declared, as for `const`.
const visitStatement = Visitor.prototype.visitStatement;
Visitor.prototype.visitStatement = function (statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement);
  this.visitVariableDeclarators(statement.decls);
  return statement;
};

/** The floors of the house (biome finds the cycles): a file imports from its own floor or a lower one. Each rule says what to do instead. */
// What a system shows the sync: pure types, in which it answers at its door.
const contract = '^sync/core/(connector|types)\\.ts$';
const declarations = '^subgraphs/(crm|erp)/entities\\.ts$|^subgraphs/system/entity\\.ts$';

/** Forbids the files of a floor to import files of ours, other than the ones listed. */
const floor = (name, from, allowed, comment, pathNot = undefined) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from, ...(pathNot && { pathNot }) },
  to: { path: '^(subgraphs|drizzle|sync|gateway|console|bench|examples|test)/', pathNot: allowed },
});

module.exports = {
  forbidden: [
    floor(
      'core-is-pure',
      '^sync/core/',
      ['^sync/core/'],
      'The core decides and does nothing: pass it what it needs as a value.',
    ),
    {
      name: 'core-has-no-io',
      comment:
        'Reading, writing, clocks and randomness belong into connectors, store and engine. Small codecs are welcome.',
      severity: 'error',
      from: { path: '^sync/core/' },
      to: {
        dependencyTypes: ['npm', 'core'],
        pathNot: ['^util$', 'node_modules/(big\\.js|@types/big\\.js|libphonenumber-js)/'],
      },
    },
    floor(
      'mappings-name-properties',
      '^sync/mappings/',
      ['^sync/(core|mappings)/', declarations],
      'A mapping is data: it knows the core and what each system declares. Behaviour goes into sync/core.',
    ),
    floor(
      'connectors-know-one-system',
      '^sync/connectors/',
      ['^sync/(core|connectors)/', '^subgraphs/(system|crm|erp)/', '^drizzle/postgres/'],
      'A connector translates one system into the contract of sync/core/connector.ts. Move what the sync decides into core or engine.',
    ),
    floor(
      'store-keeps-rows',
      '^sync/store/',
      ['^sync/(core|store)/', '^drizzle/'],
      'The store reads and writes the tables of the sync. Move decisions into sync/core.',
    ),
    floor(
      'engine-takes-connectors',
      '^sync/engine/',
      ['^sync/(core|store|engine|mappings)/', '^drizzle/'],
      'The engine gets its connectors handed in and sees sync/core/connector.ts alone.',
    ),
    floor(
      'tables-know-declarations',
      '^drizzle/',
      ['^drizzle/', '^subgraphs/system/', declarations],
      'Tables follow from what the systems declare; whoever uses a table imports it from here.',
    ),
    floor(
      'declarations-are-data',
      declarations,
      [declarations, '^subgraphs/system/'],
      'The declarations of a system are imported from everywhere: keep them free of everything else.',
    ),
    floor(
      'systems-stand-alone',
      '^subgraphs/(system|crm|erp)/',
      ['^subgraphs/system/', '^subgraphs/$1/', '^drizzle/', contract, '^sync/core/currencies\\.ts$'],
      'CRM and ERP know neither each other nor the sync, but for the contract of a connector and the currencies of ISO 4217, of which there must be one list. What both need goes into subgraphs/system.',
    ),
    floor(
      'sync-graph-uses-the-door',
      '^subgraphs/sync/',
      ['^subgraphs/(sync|system)/', '^sync/index\\.ts$', '^drizzle/', declarations],
      'Behind the graph of the sync stands sync/index.ts: export there what is missing.',
    ),
    floor(
      'gateway-speaks-graphql',
      '^gateway/',
      ['^gateway/'],
      'The gateway knows subgraphs by their SDL and their answers; it would serve any others as well.',
    ),
    {
      name: 'the-house-has-one-door-to-sync',
      comment:
        'Import sync/index.ts, and export there what is missing. (Mappings and connectors are parts to be handed in; what a secret looks like, the log asks in processes that have no sync.)',
      severity: 'error',
      from: { path: '^(console|bench|examples)/' },
      to: {
        path: '^sync/',
        pathNot: ['^sync/index\\.ts$', '^sync/(mappings|connectors)/', '^sync/core/secrets\\.ts$'],
      },
    },
    {
      name: 'nobody-imports-the-top',
      comment:
        'Commands, tests, benchmarks and examples use the house. Move what others need down to its floor.',
      severity: 'error',
      from: { path: '^(subgraphs|drizzle|sync|gateway)/' },
      to: { path: '^(console|test|bench|examples)/' },
    },
    {
      name: 'no-test-in-the-product',
      comment: 'Test support is for tests: move what the product needs out of test/.',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'resolvable',
      comment: 'The file does not exist, or the package is not in package.json.',
      severity: 'error',
      // They have a package.json of their own.
      from: { pathNot: '^(bench/gateway/peers|test/mutation|console/pictures)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-the-product',
      comment: 'Installed without development tools, this import fails: move the package to dependencies.',
      severity: 'error',
      from: {
        path: '^(subgraphs|drizzle|sync|gateway|console)/',
        pathNot: ['^drizzle/config\\.ts$', '^console/(web|pictures)/'],
      },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/@types/',
      },
    },
  ],
  options: {
    // TypeScript 7 has no interface for tools yet.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^console/web/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'],
    },
  },
};
