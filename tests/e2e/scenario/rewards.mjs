// Networks pay: stakers by their shares at a second, operators by a Merkle root.

import { StandardMerkleTree } from '@openzeppelin/merkle-tree';
import { privateKeyToAddress } from 'viem/accounts';
import { role } from './deposits.mjs';

const WAD = 10n ** 18n;
const ZERO = '0x0000000000000000000000000000000000000000';
const APPROVE = 'approve(address,uint256)(bool)';

const DISTRIBUTE = 'distributeRewards(address,address,uint256,bytes)';
const CLAIM = 'claimRewards(address,address,bytes)';
const CREATE = 'create((address,uint256,address,address,address))(address)';

const when = (second, maxFee) => ({
  encode: [
    ['uint48', 'uint256', 'bytes', 'bytes'],
    [second, maxFee, '0x', '0x'],
  ],
});
const upTo = (count, hints = []) => ({
  encode: [
    ['address', 'uint256', 'bytes[]'],
    ['@hyperlane', count, hints],
  ],
});

export function stakerRewards(story) {
  const factory = 'StakerRewardsFactory';
  const plan = (vault, fee, admin = '@curator') => [[vault, fee, admin, admin, admin]];
  story.fail('NotVault()', [], 'carol', factory, CREATE, plan('@carol', 0n));
  story.fail('InvalidAdminFee()', [], 'carol', factory, CREATE, plan('@instant', 10_001n));
  story.fail('MissingRoles()', [], 'carol', factory, CREATE, plan('@instant', 1n, ZERO));
  const given = plan('@instant', 333n);
  const types = ['uint256', '(address,uint256,address,address,address)'];
  const clones = { [factory]: { salt: { encode: [types, [0n, given[0]]] } } };
  const entities = { [factory]: 'staker rewards' };
  story.send('curator', factory, CREATE, given, { entities, clones });
  story.view('staker rewards', 'VAULT()(address)');
  story.view('staker rewards', 'version()(uint64)');
  distributed(story, 'staker rewards');
  claimed(story, 'staker rewards');
  fees(story, 'staker rewards');
}

function distributed(story, rewards) {
  const second = story.now;
  const pay = (token, amount, data) => ['@hyperlane', token, amount, data];
  const wrong = (error, from, ...given) =>
    story.fail(error, [], from, rewards, DISTRIBUTE, pay(...given));
  story.send('middleware', 'HYPER', APPROVE, ['@staker rewards', 100_000n * WAD]);
  story.send('middleware', 'TANSSI', APPROVE, ['@staker rewards', 2n ** 256n - 1n]);
  wrong('NotNetworkMiddleware()', 'hyperlane', '@HYPER', WAD, when(second, 333n));
  wrong('InvalidRewardTimestamp()', 'middleware', '@HYPER', WAD, when(second + 3600, 333n));
  wrong('InvalidRewardTimestamp()', 'middleware', '@HYPER', WAD, when(1_000, 333n));
  wrong('HighAdminFee()', 'middleware', '@HYPER', WAD, when(second, 332n));
  wrong('InsufficientReward()', 'middleware', '@HYPER', 0n, when(second, 333n));
  for (const amount of [1_000n * WAD + 3n, 77n * WAD, 5n]) {
    story.send('middleware', rewards, DISTRIBUTE, pay('@HYPER', amount, when(second, 333n)));
  }
  story.send(
    'middleware',
    rewards,
    DISTRIBUTE,
    pay('@TANSSI', 41n * WAD, when(story.now, 10_000n)),
  );
  story.view(rewards, 'rewardsLength(address,address)(uint256)', ['@HYPER', '@hyperlane']);
  story.view(rewards, 'rewards(address,address,uint256)(uint256,uint48)', [
    '@HYPER',
    '@hyperlane',
    1n,
  ]);
  story.view(rewards, 'claimableAdminFee(address)(uint256)', ['@HYPER']);
}

function claimed(story, rewards) {
  const asked = {
    encode: [
      ['address', 'uint256'],
      ['@hyperlane', 100n],
    ],
  };
  const claimable = (account, token = '@HYPER') =>
    story.view(rewards, 'claimable(address,address,bytes)(uint256)', [token, account, asked]);
  for (const account of ['@alice', '@bob', '@carol']) claimable(account);
  const claim = (to, data) => [to, '@HYPER', data];
  story.fail('InvalidRecipient()', [], 'alice', rewards, CLAIM, claim(ZERO, upTo(1n)));
  story.fail('NoRewardsToClaim()', [], 'alice', rewards, CLAIM, claim('@alice', upTo(0n)));
  story.fail(
    'InvalidHintsLength()',
    [],
    'alice',
    rewards,
    CLAIM,
    claim('@alice', upTo(2n, ['0x'])),
  );
  story.failEmpty('alice', rewards, CLAIM, claim('@alice', '0x1234'));
  story.send('alice', rewards, CLAIM, claim('@alice', upTo(2n)));
  claimable('@alice');
  story.send('alice', rewards, CLAIM, claim('@carol', upTo(100n)));
  story.fail('NoRewardsToClaim()', [], 'alice', rewards, CLAIM, claim('@alice', upTo(100n)));
  const last = 'lastUnclaimedReward(address,address,address)(uint256)';
  story.view(rewards, last, ['@alice', '@HYPER', '@hyperlane']);

  // Both tokens in one transaction; and a batch of which one fails does nothing.
  const call = (token) => ({ calldata: [CLAIM, ['@bob', token, upTo(100n)]] });
  const multicall = 'multicall(bytes[])(bytes[])';
  const twice = [[call('@HYPER'), call('@HYPER')]];
  story.fail('NoRewardsToClaim()', [], 'bob', rewards, multicall, twice);
  story.send('bob', rewards, multicall, [[call('@HYPER'), call('@TANSSI')]]);
  claimable('@bob', '@TANSSI');
  story.view('TANSSI', 'balanceOf(address)(uint256)', ['@bob']);
}

function fees(story, rewards) {
  const claim = 'claimAdminFee(address,address)';
  const unauthorized = 'AccessControlUnauthorizedAccount(address,bytes32)';
  const claimer = role('ADMIN_FEE_CLAIM_ROLE');
  story.fail(unauthorized, ['@bob', claimer], 'bob', rewards, claim, ['@bob', '@HYPER']);
  story.send('curator', rewards, claim, ['@carol', '@HYPER']);
  story.fail('InsufficientAdminFee()', [], 'curator', rewards, claim, ['@carol', '@HYPER']);
  story.fail('AlreadySet()', [], 'curator', rewards, 'setAdminFee(uint256)', [333n]);
  story.fail('InvalidAdminFee()', [], 'curator', rewards, 'setAdminFee(uint256)', [10_001n]);
  story.send('curator', rewards, 'setAdminFee(uint256)', [0n]);
  story.view(rewards, 'adminFee()(uint256)');
  story.view('HYPER', 'balanceOf(address)(uint256)', ['@staker rewards']);
}

/** Operators that hold no key of the developer accounts, so that the tree has depth. */
const OTHERS = [101n, 102n, 103n, 104n, 105n].map((key) =>
  privateKeyToAddress(`0x${key.toString(16).padStart(64, '0')}`),
);

/** A tree over what each operator earned in all, with the accounts' real addresses. */
function tree(accounts, earned) {
  const leaves = [
    [accounts.operatorA, earned.operatorA],
    [accounts.operatorB, earned.operatorB],
    ...OTHERS.map((address, index) => [address, 1_000n + BigInt(index)]),
  ];
  return StandardMerkleTree.of(leaves, ['address', 'uint256']);
}

export function operatorRewards(story) {
  const factory = 'OperatorRewardsFactory';
  const salt = {
    encode: [
      ['uint256', 'address'],
      [0n, '@carol'],
    ],
  };
  const made = { entities: { [factory]: 'operator rewards' }, clones: { [factory]: { salt } } };
  story.send('carol', factory, 'create()(address)', [], made);

  const rewards = 'operator rewards';
  const distribute = 'distributeRewards(address,address,uint256,bytes32)';
  const claim = 'claimRewards(address,address,address,uint256,bytes32[])(uint256)';
  const accounts = story.accounts;
  const [first, second] = [
    tree(accounts, { operatorA: 500n * WAD, operatorB: 300n * WAD }),
    tree(accounts, { operatorA: 900n * WAD, operatorB: 301n * WAD }),
  ];
  const pay = (amount, root) => ['@tanssi', '@TANSSI', amount, root];
  const take = (amount, proof) => ['@operatorA', '@tanssi', '@TANSSI', amount, proof];
  const none = take(1n, []);
  story.fail('RootNotSet()', [], 'operatorA', rewards, claim, none);
  story.fail('NotNetworkMiddleware()', [], 'carol', rewards, distribute, pay(1n, first.root));
  story.fail(
    ...['ERC20InsufficientAllowance(address,uint256,uint256)', ['@operator rewards', 0n, 5n]],
    ...['tanssi', rewards, distribute, pay(5n, first.root)],
  );
  story.send('tanssi', 'TANSSI', APPROVE, ['@operator rewards', 10_000n * WAD]);
  story.send('tanssi', rewards, distribute, pay(801n * WAD, first.root));
  const proof = first.getProof(0);
  story.fail('InvalidProof()', [], 'operatorA', rewards, claim, take(501n * WAD, proof));
  story.fail('InvalidProof()', [], 'operatorB', rewards, claim, take(500n * WAD, proof));
  story.send('operatorA', rewards, claim, take(500n * WAD, proof));
  const again = take(500n * WAD, proof);
  story.fail('InsufficientTotalClaimable()', [], 'operatorA', rewards, claim, again);
  // A new root without new money: what is missing is not paid in part.
  story.send('tanssi', rewards, distribute, pay(0n, second.root));
  const more = take(900n * WAD, second.getProof(0));
  story.fail('InsufficientBalance()', [], 'operatorA', rewards, claim, more);
  story.send('tanssi', rewards, distribute, pay(1_000n * WAD, second.root));
  story.send('operatorA', rewards, claim, more);
  story.send('operatorB', rewards, claim, take(301n * WAD, second.getProof(1)));
  story.view(rewards, 'root(address,address)(bytes32)', ['@tanssi', '@TANSSI']);
  story.view(rewards, 'balance(address,address)(uint256)', ['@tanssi', '@TANSSI']);
  const claimed = 'claimed(address,address,address)(uint256)';
  story.view(rewards, claimed, ['@tanssi', '@TANSSI', '@operatorA']);
  story.view('TANSSI', 'balanceOf(address)(uint256)', ['@operatorA']);
}
