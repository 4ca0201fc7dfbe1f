// Networks say how much they take, the curator how much they get, each delegator in its own way.

import { BURNER } from './vaults.mjs';
import { role } from './deposits.mjs';

const WAD = 10n ** 18n;
const ZERO = '0x0000000000000000000000000000000000000000';
const SET_MAX = 'setMaxNetworkLimit(uint96,uint256)';
const SET_LIMIT = 'setNetworkLimit(bytes32,uint256)';
export const HYPERLANE = { subnetwork: ['@hyperlane', 0n] };
export const TANSSI = { subnetwork: ['@tanssi', 7n] };

/** What stands behind an operator now and at a second. */
export function stake(story, delegator, subnetwork, operator, at) {
  story.view(delegator, 'stake(bytes32,address)(uint256)', [subnetwork, operator]);
  const past = 'stakeAt(bytes32,address,uint48,bytes)(uint256)';
  story.view(delegator, past, [subnetwork, operator, at, '0x']);
}

export function delegation(story) {
  shares(story);
  limits(story);
  specific(story);
  hooks(story);
}

function shares(story) {
  const delegator = 'instant delegator';
  const setShares = 'setOperatorNetworkShares(bytes32,address,uint256)';
  story.fail('NotNetwork()', [], 'carol', delegator, SET_MAX, [0n, 1n]);
  story.send('hyperlane', delegator, SET_MAX, [0n, 120n * WAD]);
  story.fail('AlreadySet()', [], 'hyperlane', delegator, SET_MAX, [0n, 120n * WAD]);
  const tooMuch = [HYPERLANE, 120n * WAD + 1n];
  story.fail('ExceedsMaxNetworkLimit()', [], 'curator', delegator, SET_LIMIT, tooMuch);
  const unauthorized = 'AccessControlUnauthorizedAccount(address,bytes32)';
  const setter = role('NETWORK_LIMIT_SET_ROLE');
  story.fail(unauthorized, ['@bob', setter], 'bob', delegator, SET_LIMIT, [HYPERLANE, 1n]);
  const before = story.send('curator', delegator, SET_LIMIT, [HYPERLANE, 110n * WAD]);
  story.send('curator', delegator, setShares, [HYPERLANE, '@operatorA', 3n]);
  story.send('curator', delegator, setShares, [HYPERLANE, '@operatorB', 4n]);
  story.fail('AlreadySet()', [], 'curator', delegator, setShares, [HYPERLANE, '@operatorB', 4n]);
  stake(story, delegator, HYPERLANE, '@operatorA', before);
  stake(story, delegator, HYPERLANE, '@operatorB', story.now);
  // A lower maximum takes the limit down with it, without an event of its own.
  story.send('hyperlane', delegator, SET_MAX, [0n, 100n * WAD]);
  story.view(delegator, 'networkLimit(bytes32)(uint256)', [HYPERLANE]);
  story.view(delegator, 'networkLimitAt(bytes32,uint48,bytes)(uint256)', [HYPERLANE, before, '0x']);
  story.view(delegator, 'maxNetworkLimit(bytes32)(uint256)', [HYPERLANE]);
  story.view(delegator, 'totalOperatorNetworkShares(bytes32)(uint256)', [HYPERLANE]);
  const own = 'operatorNetworkShares(bytes32,address)(uint256)';
  story.view(delegator, own, [HYPERLANE, '@operatorB']);
  stake(story, delegator, HYPERLANE, '@operatorA', story.now);
}

function limits(story) {
  const delegator = 'veto delegator';
  const setOperator = 'setOperatorNetworkLimit(bytes32,address,uint256)';
  story.send('tanssi', delegator, SET_MAX, [7n, 2n ** 256n - 1n]);
  story.send('curator', delegator, SET_LIMIT, [TANSSI, 900_000_000n]);
  story.send('curator', delegator, setOperator, [TANSSI, '@operatorA', 800_000_000n]);
  story.fail('AlreadySet()', [], 'curator', delegator, SET_LIMIT, [TANSSI, 900_000_000n]);
  stake(story, delegator, TANSSI, '@operatorA', story.now);
  story.view(delegator, 'operatorNetworkLimit(bytes32,address)(uint256)', [TANSSI, '@operatorA']);

  const one = 'unslashable delegator';
  story.send('hyperlane', one, SET_MAX, [0n, 500n * WAD]);
  story.send('curator', one, SET_LIMIT, [HYPERLANE, 140n * WAD]);
  stake(story, one, HYPERLANE, '@operatorA', story.now);
  stake(story, one, HYPERLANE, '@operatorB', story.now);
}

function specific(story) {
  const delegator = 'specific delegator';
  story.fail('InvalidNetwork()', [], 'tanssi', delegator, SET_MAX, [0n, 1n]);
  const at = story.send('hyperlane', delegator, SET_MAX, [0n, 5_000n * WAD]);
  story.send('hyperlane', delegator, SET_MAX, [0n, 4_000n * WAD]);
  stake(story, delegator, HYPERLANE, '@operatorB', at);
  const past = 'maxNetworkLimitAt(bytes32,uint48,bytes)(uint256)';
  story.view(delegator, past, [HYPERLANE, at, '0x']);
}

function hooks(story) {
  const delegator = 'instant delegator';
  story.fail('AlreadySet()', [], 'curator', delegator, 'setHook(address)', [ZERO]);
  story.send('curator', delegator, 'setHook(address)', [BURNER]);
  story.view(delegator, 'hook()(address)');
}
