// Vaults of every delegator and slasher, made with the configurator, and plans that it refuses.

export const WEEK = 7 * 24 * 3600;
export const DAY = 24 * 3600;
const ZERO = '0x0000000000000000000000000000000000000000';
export const BURNER = '0x000000000000000000000000000000000000dEaD';

const VAULT = ['address', 'address', 'uint48', 'bool', 'bool', 'uint256'].concat(
  Array(5).fill('address'),
);
const VAULT_TUPLE = `(${VAULT.join(',')})`;
const BASE = '(address,address,address)';
const CONFIGURATION = '(uint64,address,bytes,uint64,bytes,bool,uint64,bytes)';
const CREATE = `create(${CONFIGURATION})(address,address,address)`;

const MANY = ['@curator', ZERO, '@curator'];
const DELEGATORS = {
  network: {
    index: 0,
    types: `(${BASE},address[],address[])`,
    values: [MANY, ['@curator'], ['@curator']],
  },
  full: {
    index: 1,
    types: `(${BASE},address[],address[])`,
    values: [MANY, ['@curator'], ['@curator']],
  },
  operator: {
    index: 2,
    types: `(${BASE},address[],address)`,
    values: [MANY, ['@curator'], '@operatorA'],
  },
  specific: {
    index: 3,
    types: `(${BASE},address,address)`,
    values: [MANY, '@hyperlane', '@operatorB'],
  },
};
const SLASHERS = {
  instant: { index: 0, types: '((bool))', values: [[false]] },
  hooked: { index: 0, types: '((bool))', values: [[true]] },
  veto: { index: 1, types: '((bool),uint48,uint256)', values: [[false], DAY, 3n] },
};

/** The vault's parameters; `over` replaces some of them by position. */
function parameters(collateral, over = {}) {
  const holders = Array(5).fill('@curator');
  return Object.assign([collateral, BURNER, WEEK, false, false, 0n, ...holders], over);
}

function encoded(types, values) {
  return { encode: [[types], [values]] };
}

/** What the configurator is given. */
function plan({ version = 1, vault, label, delegator, slasher }) {
  const [withSlasher, { index, types, values }] = slasher
    ? [true, slasher]
    : [false, SLASHERS.instant];
  const initial = label
    ? encoded(`(${VAULT_TUPLE},string,string)`, [vault, label, label.slice(0, 4)])
    : encoded(VAULT_TUPLE, vault);
  const inner = encoded(delegator.types, delegator.values);
  return [
    ...[BigInt(version), '@curator', initial, BigInt(delegator.index), inner],
    ...[withSlasher, BigInt(index), withSlasher ? encoded(types, values) : '0x'],
  ];
}

/** Makes a vault; `count` vaults and `slashers` slashers are there already. */
function make(story, name, count, slashers, choice) {
  const given = plan(choice);
  const [version, owner, initial, type, inner, withSlasher, slasherType, slasherInner] = given;
  const entities = { VaultFactory: name, DelegatorFactory: `${name} delegator` };
  const salt = (types, values) => ({ encode: [types, values] });
  const clone = (index, of, data) =>
    salt(['uint256', 'uint64', 'bytes'], [BigInt(index), of, data]);
  const whole = (data) => ({
    encode: [
      ['address', 'bytes'],
      [`@${name}`, data],
    ],
  });
  const clones = { DelegatorFactory: { salt: clone(count, type, whole(inner)), type } };
  if (withSlasher) {
    entities.SlasherFactory = `${name} slasher`;
    const data = whole(slasherInner);
    clones.SlasherFactory = { salt: clone(slashers, slasherType, data), type: slasherType };
  }
  const proxy = { version, owner, data: initial };
  proxy.salt = salt(
    ['uint256', 'uint64', 'address', 'bytes'],
    [BigInt(count), version, owner, initial],
  );
  story.send('curator', 'VaultConfigurator', CREATE, [given], { entities, clones, proxy });
}

export function vaults(story) {
  const { network, full, operator, specific } = DELEGATORS;
  const wsteth = parameters('@wstETH');
  make(story, 'instant', 0, 0, { vault: wsteth, delegator: network, slasher: SLASHERS.instant });
  const usdc = { version: 2, vault: parameters('@USDC'), label: 'Vault of USDC' };
  make(story, 'veto', 1, 1, { ...usdc, delegator: full, slasher: SLASHERS.veto });
  const limited = parameters('@wstETH', { 3: true, 4: true, 5: 100n * 10n ** 18n });
  make(story, 'unslashable', 2, 2, { vault: limited, delegator: operator });
  const hyper = { version: 2, vault: parameters('@HYPER'), label: 'Vault of HYPER' };
  make(story, 'specific', 3, 2, { ...hyper, delegator: specific, slasher: SLASHERS.hooked });
  refused(story, wsteth, network);
  for (const name of ['instant', 'veto', 'unslashable', 'specific']) described(story, name);
  story.view('veto', 'decimals()(uint8)');
  story.view('veto', 'name()(string)');
  story.view('veto', 'symbol()(string)');
  story.view('veto slasher', 'vetoDuration()(uint48)');
  story.view('veto slasher', 'resolverSetEpochsDelay()(uint256)');
  story.view('unslashable', 'depositLimit()(uint256)');
  story.view('specific slasher', 'isBurnerHook()(bool)');
  story.view('specific delegator', 'network()(address)');
  story.view('specific delegator', 'operator()(address)');
  story.view('VaultFactory', 'totalEntities()(uint256)');
  sealed(story);
}

function described(story, name) {
  for (const field of ['collateral', 'burner', 'delegator', 'slasher', 'owner']) {
    story.view(name, `${field}()(address)`);
  }
  for (const field of ['epochDuration', 'epochDurationInit'])
    story.view(name, `${field}()(uint48)`);
  story.view(name, 'version()(uint64)');
  story.view(name, 'isInitialized()(bool)');
  story.view(`${name} delegator`, 'TYPE()(uint64)');
  story.view(`${name} delegator`, 'vault()(address)');
}

/** Each plan has one fault. */
function refused(story, vault, delegator) {
  const slasher = SLASHERS.instant;
  const fine = { vault, delegator, slasher };
  const refuse = (error, values, over) =>
    story.fail(error, values, 'carol', 'VaultConfigurator', CREATE, [plan({ ...fine, ...over })]);
  const collateral = '@wstETH';
  refuse('InvalidVersion()', [], { version: 3 });
  refuse('InvalidCollateral()', [], { vault: parameters(ZERO) });
  refuse('InvalidEpochDuration()', [], { vault: parameters(collateral, { 2: 0 }) });
  const nobody = { 3: true, 6: ZERO, 7: ZERO, 8: ZERO };
  refuse('MissingRoles()', [], { vault: parameters(collateral, nobody) });
  refuse('Panic(uint256)', [0x32n], { delegator: { ...delegator, index: 4 } });
  const list = (first, admin = MANY) => ({ ...delegator, values: [admin, first, ['@curator']] });
  refuse('MissingRoleHolders()', [], { delegator: list([], [ZERO, ZERO, ZERO]) });
  refuse('ZeroAddressRoleHolder()', [], { delegator: list([ZERO]) });
  refuse('DuplicateRoleHolder()', [], { delegator: list(['@bob', '@bob']) });
  const stranger = { ...DELEGATORS.operator, values: [MANY, ['@curator'], '@carol'] };
  refuse('NotOperator()', [], { delegator: stranger });
  const foreign = { ...DELEGATORS.specific, values: [MANY, '@carol', '@operatorB'] };
  refuse('NotNetwork()', [], { delegator: foreign });
  refuse('NoBurner()', [], {
    vault: parameters(collateral, { 1: ZERO }),
    slasher: SLASHERS.hooked,
  });
  const veto = (...values) => ({ slasher: { ...SLASHERS.veto, values: [[false], ...values] } });
  refuse('InvalidVetoDuration()', [], veto(WEEK, 3n));
  refuse('InvalidResolverSetEpochsDelay()', [], veto(DAY, 2n));
}

/** What is made is made. */
function sealed(story) {
  const delegator = 'instant delegator';
  story.fail(
    ...['DelegatorAlreadyInitialized()', [], 'carol', 'instant'],
    ...['setDelegator(address)', ['@veto delegator']],
  );
  story.fail(
    ...['SlasherAlreadyInitialized()', [], 'carol', 'unslashable'],
    ...['setSlasher(address)', ['@instant slasher']],
  );
  const again = 'initialize(uint64,address,bytes)';
  story.fail('AlreadyInitialized()', [], 'carol', 'instant', again, [1n, '@carol', '0x']);
  story.fail('InvalidInitialization()', [], 'carol', delegator, 'initialize(bytes)', ['0x']);
  const upgrade = 'upgradeToAndCall(address,bytes)';
  story.fail('ProxyDeniedAdminAccess()', [], 'curator', 'instant', upgrade, ['@veto', '0x']);
  const migrate = 'migrate(address,uint64,bytes)';
  const factory = 'VaultFactory';
  story.fail('EntityNotExist()', [], 'carol', factory, migrate, ['@carol', 2n, '0x']);
  story.fail('NotOwner()', [], 'carol', factory, migrate, ['@instant', 2n, '0x']);
  story.fail('OldVersion()', [], 'curator', factory, migrate, ['@instant', 1n, '0x']);
  story.fail('InvalidVersion()', [], 'curator', factory, migrate, ['@instant', 3n, '0x']);
  story.fail('FailedInnerCall()', [], 'curator', factory, migrate, ['@instant', 2n, '0x']);
}
