// Stakers leave: withdrawals and redemptions over several epochs, slashed on the way, and claims.

import { HYPERLANE } from './delegation.mjs';
import { pool } from './deposits.mjs';
import { DAY, WEEK } from './vaults.mjs';

const WAD = 10n ** 18n;
const ZERO = '0x0000000000000000000000000000000000000000';
const WITHDRAW = 'withdraw(address,uint256)(uint256,uint256)';
const REDEEM = 'redeem(address,uint256)(uint256,uint256)';
const CLAIM = 'claim(address,uint256)(uint256)';
const CLAIM_BATCH = 'claimBatch(address,uint256[])(uint256)';

/** What waits in a bucket, and whose it is. */
function bucket(story, vault, epoch, ...accounts) {
  story.view(vault, 'withdrawals(uint256)(uint256)', [epoch]);
  story.view(vault, 'withdrawalShares(uint256)(uint256)', [epoch]);
  for (const account of accounts) {
    story.view(vault, 'withdrawalsOf(uint256,address)(uint256)', [epoch, `@${account}`]);
    story.view(vault, 'isWithdrawalsClaimed(uint256,address)(bool)', [epoch, `@${account}`]);
  }
}

export function exits(story) {
  const vault = 'instant';
  story.fail('InvalidClaimer()', [], 'alice', vault, WITHDRAW, [ZERO, 1n]);
  story.fail('InsufficientWithdrawal()', [], 'alice', vault, WITHDRAW, ['@alice', 0n]);
  story.fail('TooMuchWithdraw()', [], 'alice', vault, WITHDRAW, ['@alice', 1_000n * WAD]);
  story.fail('InvalidClaimer()', [], 'alice', vault, REDEEM, [ZERO, 1n]);
  story.fail('TooMuchRedeem()', [], 'carol', vault, REDEEM, ['@carol', 1n]);
  story.fail('InsufficientRedemption()', [], 'alice', vault, REDEEM, ['@alice', 0n]);
  story.wait(5 * DAY);
  story.send('alice', vault, WITHDRAW, ['@alice', 20n * WAD]);
  story.send('bob', vault, REDEEM, ['@carol', 7n * WAD + 1n]);
  pool(story, vault, 'alice', 'bob', 'carol');
  bucket(story, vault, 1n, 'alice', 'carol');
  story.fail('InvalidEpoch()', [], 'alice', vault, CLAIM, ['@alice', 1n]);

  // In the next epoch: a slash captured in the epoch before takes from three parts.
  const capture = story.now;
  story.wait(3 * DAY);
  story.send('alice', vault, WITHDRAW, ['@alice', 3n * WAD + 1n]);
  story.view(vault, 'currentEpoch()(uint256)');
  story.view(vault, 'previousEpochStart()(uint48)');
  const slash = 'slash(bytes32,address,uint256,uint48,bytes)(uint256)';
  const part = [HYPERLANE, '@operatorB', 2n * WAD + 1n, capture, '0x'];
  story.send('middleware', 'instant slasher', slash, part);
  pool(story, vault, 'alice', 'bob', 'carol');
  bucket(story, vault, 1n, 'alice', 'carol');
  bucket(story, vault, 2n, 'alice', 'carol');
  story.send('bob', vault, WITHDRAW, ['@bob', WAD]);

  story.wait(WEEK);
  claims(story, vault);
  tokenized(story);
}

function claims(story, vault) {
  story.fail('InvalidRecipient()', [], 'alice', vault, CLAIM, [ZERO, 1n]);
  story.fail('InsufficientClaim()', [], 'bob', vault, CLAIM, ['@bob', 1n]);
  story.send('carol', vault, CLAIM, ['@carol', 1n]);
  story.fail('AlreadyClaimed()', [], 'carol', vault, CLAIM, ['@carol', 1n]);
  bucket(story, vault, 1n, 'alice', 'carol');
  story.wait(WEEK);
  story.fail('InvalidLengthEpochs()', [], 'alice', vault, CLAIM_BATCH, ['@bob', []]);
  story.fail('InvalidRecipient()', [], 'alice', vault, CLAIM_BATCH, [ZERO, [1n]]);
  story.fail('AlreadyClaimed()', [], 'alice', vault, CLAIM_BATCH, ['@bob', [1n, 1n]]);
  story.send('alice', vault, CLAIM_BATCH, ['@bob', [1n, 2n]]);
  story.fail('AlreadyClaimed()', [], 'alice', vault, CLAIM, ['@alice', 2n]);
  bucket(story, vault, 2n, 'alice', 'bob');
  story.view('wstETH', 'balanceOf(address)(uint256)', ['@bob']);
}

/** A withdrawal from a tokenized vault burns tokens. */
function tokenized(story) {
  story.send('bob', 'veto', WITHDRAW, ['@bob', 33_333_333n]);
  story.send('alice', 'veto', REDEEM, ['@alice', 1_000_001n]);
  story.view('veto', 'totalSupply()(uint256)');
  pool(story, 'veto', 'alice', 'bob');
}
