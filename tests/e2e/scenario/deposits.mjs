// Deposits under whitelists and limits, the roles that set them, and shares that move as tokens.

import { keccak256, stringToHex } from 'viem';

const WAD = 10n ** 18n;
const ZERO = '0x0000000000000000000000000000000000000000';
const APPROVE = 'approve(address,uint256)(bool)';
const DEPOSIT = 'deposit(address,uint256)(uint256,uint256)';

export function role(name) {
  return keccak256(stringToHex(name));
}

export function deposits(story) {
  plain(story);
  whitelisted(story);
  limited(story);
  roles(story);
  tokenized(story);
}

/** What a vault says about its pool and about one of its stakers. */
export function pool(story, vault, ...accounts) {
  for (const total of ['activeStake', 'activeShares', 'totalStake']) {
    story.view(vault, `${total}()(uint256)`);
  }
  for (const account of accounts) {
    for (const part of ['activeSharesOf', 'activeBalanceOf', 'slashableBalanceOf']) {
      story.view(vault, `${part}(address)(uint256)`, [`@${account}`]);
    }
  }
}

function plain(story) {
  story.send('alice', 'wstETH', APPROVE, ['@instant', 200n * WAD]);
  const first = story.send('alice', 'instant', DEPOSIT, ['@alice', 100n * WAD]);
  story.send('alice', 'instant', DEPOSIT, ['@bob', 7n]);
  const allowance = 50n * WAD;
  story.send('bob', 'wstETH', APPROVE, ['@instant', allowance]);
  story.fail(
    ...['ERC20InsufficientAllowance(address,uint256,uint256)'],
    ...[['@instant', allowance, allowance + 1n], 'bob', 'instant'],
    ...[DEPOSIT, ['@bob', allowance + 1n]],
  );
  story.send('bob', 'instant', DEPOSIT, ['@bob', allowance - 3n]);
  story.fail('InvalidOnBehalfOf()', [], 'bob', 'instant', DEPOSIT, [ZERO, 1n]);
  story.fail('InsufficientDeposit()', [], 'bob', 'instant', DEPOSIT, ['@bob', 0n]);
  story.view('wstETH', 'allowance(address,address)(uint256)', ['@bob', '@instant']);
  story.view('wstETH', 'balanceOf(address)(uint256)', ['@instant']);
  story.fail(
    ...['ERC20InsufficientBalance(address,uint256,uint256)'],
    ...[['@carol', 10_000n * WAD, 10_001n * WAD], 'carol', 'wstETH'],
    ...['transfer(address,uint256)(bool)', ['@bob', 10_001n * WAD]],
  );
  const transfer = 'transfer(address,uint256)(bool)';
  story.fail('ERC20InvalidReceiver(address)', [ZERO], 'carol', 'wstETH', transfer, [ZERO, 1n]);
  story.fail('ERC20InvalidSpender(address)', [ZERO], 'carol', 'wstETH', APPROVE, [ZERO, 1n]);
  pool(story, 'instant', 'alice', 'bob');
  story.view('instant', 'activeStakeAt(uint48,bytes)(uint256)', [first, '0x']);
  story.view('instant', 'activeBalanceOfAt(address,uint48,bytes)(uint256)', [
    '@alice',
    first,
    '0x',
  ]);
  story.view('instant', 'currentEpoch()(uint256)');
  story.view('instant', 'nextEpochStart()(uint48)');
  story.viewFails('NoPreviousEpoch()', [], 'instant', 'previousEpochStart()(uint48)');
}

function whitelisted(story) {
  const vault = 'unslashable';
  const status = 'setDepositorWhitelistStatus(address,bool)';
  story.send('alice', 'wstETH', APPROVE, ['@unslashable', 1_000n * WAD]);
  story.fail('NotWhitelistedDepositor()', [], 'alice', vault, DEPOSIT, ['@alice', WAD]);
  story.fail('InvalidAccount()', [], 'curator', vault, status, [ZERO, true]);
  story.fail('AlreadySet()', [], 'curator', vault, status, ['@alice', false]);
  story.send('curator', vault, status, ['@alice', true]);
  story.send('alice', vault, DEPOSIT, ['@alice', 60n * WAD]);
  story.view(vault, 'isDepositorWhitelisted(address)(bool)', ['@alice']);
  story.view(vault, 'depositWhitelist()(bool)');
}

function limited(story) {
  const vault = 'unslashable';
  story.fail('DepositLimitReached()', [], 'alice', vault, DEPOSIT, ['@alice', 40n * WAD + 1n]);
  story.send('alice', vault, DEPOSIT, ['@alice', 40n * WAD]);
  story.send('curator', vault, 'setDepositLimit(uint256)', [150n * WAD]);
  story.send('alice', vault, DEPOSIT, ['@bob', 50n * WAD]);
  story.send('curator', vault, 'setIsDepositLimit(bool)', [false]);
  story.fail('AlreadySet()', [], 'curator', vault, 'setIsDepositLimit(bool)', [false]);
  story.send('alice', vault, DEPOSIT, ['@alice', 1n]);
  story.send('curator', vault, 'setDepositWhitelist(bool)', [false]);
  pool(story, vault, 'alice', 'bob');
}

function roles(story) {
  const vault = 'unslashable';
  const setter = role('DEPOSIT_LIMIT_SET_ROLE');
  const grant = 'grantRole(bytes32,address)';
  const setLimit = 'setDepositLimit(uint256)';
  const unauthorized = 'AccessControlUnauthorizedAccount(address,bytes32)';
  const admin = `0x${'00'.repeat(32)}`;
  story.fail(unauthorized, ['@bob', setter], 'bob', vault, setLimit, [1n]);
  story.fail(unauthorized, ['@bob', admin], 'bob', vault, grant, [setter, '@bob']);
  story.send('curator', vault, grant, [setter, '@bob']);
  story.send('bob', vault, setLimit, [5n]);
  story.view(vault, 'hasRole(bytes32,address)(bool)', [setter, '@bob']);
  story.send('curator', vault, 'revokeRole(bytes32,address)', [setter, '@bob']);
  story.fail(unauthorized, ['@bob', setter], 'bob', vault, setLimit, [6n]);
  const renounce = 'renounceRole(bytes32,address)';
  story.fail('AccessControlBadConfirmation()', [], 'bob', vault, renounce, [setter, '@alice']);
  story.send('curator', vault, renounce, [setter, '@curator']);
  story.view(vault, 'getRoleAdmin(bytes32)(bytes32)', [setter]);
}

function tokenized(story) {
  const vault = 'veto';
  story.send('alice', 'USDC', APPROVE, ['@veto', 2n ** 256n - 1n]);
  story.send('alice', vault, DEPOSIT, ['@alice', 1_000_000_007n]);
  story.send('alice', vault, DEPOSIT, ['@bob', 333_333_331n]);
  const transfer = 'transfer(address,uint256)(bool)';
  story.send('alice', vault, transfer, ['@carol', 250_000_001n]);
  story.fail(
    ...['ERC20InsufficientBalance(address,uint256,uint256)'],
    ...[['@carol', 250_000_001n, 250_000_002n], 'carol', vault],
    ...[transfer, ['@alice', 250_000_002n]],
  );
  story.fail('ERC20InvalidReceiver(address)', [ZERO], 'carol', vault, transfer, [ZERO, 1n]);
  story.send('carol', vault, APPROVE, ['@bob', 100n]);
  const from = 'transferFrom(address,address,uint256)(bool)';
  story.send('bob', vault, from, ['@carol', '@bob', 60n]);
  story.fail(
    ...['ERC20InsufficientAllowance(address,uint256,uint256)', ['@bob', 40n, 41n], 'bob', vault],
    ...[from, ['@carol', '@bob', 41n]],
  );
  story.send('carol', vault, transfer, ['@carol', 5n]);
  for (const account of ['alice', 'bob', 'carol']) {
    story.view(vault, 'balanceOf(address)(uint256)', [`@${account}`]);
  }
  story.view(vault, 'totalSupply()(uint256)');
  story.view(vault, 'allowance(address,address)(uint256)', ['@carol', '@bob']);
  story.view('USDC', 'allowance(address,address)(uint256)', ['@alice', '@veto']);
  story.send('bob', 'HYPER', APPROVE, ['@specific', 9_000n * WAD]);
  story.send('bob', 'specific', DEPOSIT, ['@bob', 9_000n * WAD]);
  pool(story, 'specific', 'bob');
}
