// Slashes: at once, and with a veto.

import { HYPERLANE, TANSSI, stake } from './delegation.mjs';
import { pool } from './deposits.mjs';
import { DAY, WEEK } from './vaults.mjs';

const WAD = 10n ** 18n;
const SLASH = 'slash(bytes32,address,uint256,uint48,bytes)(uint256)';

/** What can be taken from an operator for a capture, and what was taken. */
function slashable(story, slasher, subnetwork, operator, capture) {
  const now = 'slashableStake(bytes32,address,uint48,bytes)(uint256)';
  story.view(slasher, now, [subnetwork, operator, capture, '0x']);
  story.view(slasher, 'cumulativeSlash(bytes32,address)(uint256)', [subnetwork, operator]);
  const latest = 'latestSlashedCaptureTimestamp(bytes32,address)(uint48)';
  story.view(slasher, latest, [subnetwork, operator]);
}

export function slashing(story) {
  const slasher = 'instant slasher';
  const slash = (amount, capture, operator = '@operatorA') => [
    HYPERLANE,
    operator,
    amount,
    capture,
    '0x',
  ];
  const capture = story.now;
  const early = capture - 30;
  slashable(story, slasher, HYPERLANE, '@operatorA', capture);
  story.fail('NotNetworkMiddleware()', [], 'hyperlane', slasher, SLASH, slash(WAD, capture));
  const future = slash(WAD, capture + DAY);
  story.fail('InvalidCaptureTimestamp()', [], 'middleware', slasher, SLASH, future);
  const old = slash(WAD, capture - WEEK);
  story.fail('InvalidCaptureTimestamp()', [], 'middleware', slasher, SLASH, old);
  story.fail('InsufficientSlash()', [], 'middleware', slasher, SLASH, slash(0n, capture));
  story.send('middleware', slasher, SLASH, slash(10n * WAD + 1n, capture));
  // Captures of one operator may not go back.
  story.fail('InsufficientSlash()', [], 'middleware', slasher, SLASH, slash(WAD, early));
  slashable(story, slasher, HYPERLANE, '@operatorA', capture);
  story.send('middleware', slasher, SLASH, slash(33n * WAD, capture, '@operatorB'));
  // All that is left of what stood behind the operator.
  story.send('middleware', slasher, SLASH, slash(1_000n * WAD, story.now - 1));
  slashable(story, slasher, HYPERLANE, '@operatorA', story.now - 1);
  pool(story, 'instant', 'alice', 'bob');
  stake(story, 'instant delegator', HYPERLANE, '@operatorB', capture);
  story.fail('NotSlasher()', [], 'carol', 'instant', 'onSlash(uint256,uint48)(uint256)', [
    1n,
    capture,
  ]);
  const hook = 'onSlash(bytes32,address,uint256,uint48,bytes)';
  const told = [HYPERLANE, '@operatorA', 1n, capture, '0x'];
  story.fail('NotSlasher()', [], 'carol', 'instant delegator', hook, told);

  // This slasher calls the burner too, which is nobody's contract.
  const burnt = slash(70n * WAD, story.now, '@operatorB');
  story.send('middleware', 'specific slasher', SLASH, burnt);
  pool(story, 'specific', 'bob');
}

const REQUEST = 'requestSlash(bytes32,address,uint256,uint48,bytes)(uint256)';
const EXECUTE = 'executeSlash(uint256,bytes)(uint256)';
const VETO = 'vetoSlash(uint256,bytes)';

export function vetoes(story) {
  const slasher = 'veto slasher';
  resolvers(story, slasher);
  const request = (amount, capture) => [TANSSI, '@operatorA', amount, capture, '0x'];
  const ask = (amount, capture) => story.send('tanssi', slasher, REQUEST, request(amount, capture));
  story.wait(60);
  const capture = story.now;
  slashable(story, slasher, TANSSI, '@operatorA', capture - 1);
  const late = request(1n, capture - WEEK + DAY);
  story.fail('InvalidCaptureTimestamp()', [], 'tanssi', slasher, REQUEST, late);
  story.fail('NotNetworkMiddleware()', [], 'carol', slasher, REQUEST, request(1n, capture));
  story.fail('InsufficientSlash()', [], 'tanssi', slasher, REQUEST, request(0n, capture));

  ask(50_000_001n, capture);
  story.view(slasher, 'slashRequestsLength()(uint256)');
  const requests = 'slashRequests(uint256)(bytes32,address,uint256,uint48,uint48,bool)';
  story.view(slasher, requests, [0n]);
  story.fail('SlashRequestNotExist()', [], 'tanssi', slasher, EXECUTE, [1n, '0x']);
  story.fail('VetoPeriodNotEnded()', [], 'tanssi', slasher, EXECUTE, [0n, '0x']);
  story.fail('NotResolver()', [], 'carol', slasher, VETO, [0n, '0x']);
  story.fail('SlashRequestNotExist()', [], 'resolver', slasher, VETO, [1n, '0x']);
  story.send('resolver', slasher, VETO, [0n, '0x']);
  story.fail('SlashRequestCompleted()', [], 'resolver', slasher, VETO, [0n, '0x']);

  // Two requests compete for the same stake.
  ask(500_000_000n, capture + 1);
  ask(700_000_000n, capture + 1);
  story.wait(DAY);
  story.fail('SlashRequestCompleted()', [], 'tanssi', slasher, EXECUTE, [0n, '0x']);
  story.fail('VetoPeriodEnded()', [], 'resolver', slasher, VETO, [1n, '0x']);
  story.fail('NotNetworkMiddleware()', [], 'carol', slasher, EXECUTE, [1n, '0x']);
  story.send('tanssi', slasher, EXECUTE, [1n, '0x']);
  pool(story, 'veto', 'alice', 'bob', 'carol');
  story.send('tanssi', slasher, EXECUTE, [2n, '0x']);
  story.fail('InsufficientSlash()', [], 'tanssi', slasher, EXECUTE, [1n, '0x']);
  pool(story, 'veto', 'alice', 'bob', 'carol');
  slashable(story, slasher, TANSSI, '@operatorA', capture + 1);

  ask(1_000n, story.now);
  story.view(slasher, requests, [3n]);
  story.wait(WEEK);
  story.fail('SlashPeriodEnded()', [], 'tanssi', slasher, EXECUTE, [3n, '0x']);
}

function resolvers(story, slasher) {
  const set = 'setResolver(uint96,address,bytes)';
  const now = 'resolver(bytes32,bytes)(address)';
  const at = 'resolverAt(bytes32,uint48,bytes)(address)';
  story.fail('NotNetwork()', [], 'carol', slasher, set, [7n, '@resolver', '0x']);
  story.send('tanssi', slasher, set, [7n, '@resolver', '0x']);
  story.fail('AlreadySet()', [], 'tanssi', slasher, set, [7n, '@resolver', '0x']);
  story.view(slasher, now, [TANSSI, '0x']);
  // A change waits for epochs and can be taken back by announcing the resolver of today.
  story.send('tanssi', slasher, set, [7n, '@carol', '0x']);
  story.view(slasher, now, [TANSSI, '0x']);
  story.view(slasher, at, [TANSSI, story.now + 4 * WEEK, '0x']);
  story.send('tanssi', slasher, set, [7n, '@resolver', '0x']);
  story.view(slasher, at, [TANSSI, story.now + 4 * WEEK, '0x']);
}
