// The owner of the factories, and many questions in one.

export function factories(story) {
  const ZERO = '0x0000000000000000000000000000000000000000';
  const unauthorized = 'OwnableUnauthorizedAccount(address)';
  story.fail(unauthorized, ['@carol'], 'carol', 'VaultFactory', 'blacklist(uint64)', [1n]);
  story.fail('InvalidVersion()', [], 'curator', 'VaultFactory', 'blacklist(uint64)', [3n]);
  story.send('curator', 'VaultFactory', 'blacklist(uint64)', [1n]);
  story.fail('AlreadyBlacklisted()', [], 'curator', 'VaultFactory', 'blacklist(uint64)', [1n]);
  story.fail('InvalidType()', [], 'curator', 'SlasherFactory', 'blacklist(uint64)', [2n]);
  const whitelist = 'whitelist(address)';
  const known = ['@Vault'];
  story.fail('AlreadyWhitelisted()', [], 'curator', 'VaultFactory', whitelist, known);
  story.fail('InvalidImplementation()', [], 'curator', 'SlasherFactory', whitelist, known);
  const transfer = 'transferOwnership(address)';
  const owner = 'OwnableInvalidOwner(address)';
  story.fail(owner, [ZERO], 'curator', 'DelegatorFactory', transfer, [ZERO]);
  story.send('curator', 'DelegatorFactory', transfer, ['@carol']);
  story.view('DelegatorFactory', 'owner()(address)');
  story.view('VaultFactory', 'blacklisted(uint64)(bool)', [1n]);
  story.view('VaultFactory', 'lastVersion()(uint64)');
  story.view('SlasherFactory', 'totalTypes()(uint64)');
  story.viewFails('InvalidVersion()', [], 'VaultFactory', 'implementation(uint64)(address)', [0n]);

  const read = (to, signature, args = []) => [`@${to}`, true, { calldata: [signature, args] }];
  story.view('Multicall3', 'aggregate3((address,bool,bytes)[])((bool,bytes)[])', [
    [
      read('instant', 'activeStake()'),
      read('instant', 'withdrawalsOf(uint256,address)', [2n, '@alice']),
      read('veto', 'delegator()'),
      read('veto slasher', 'slashRequests(uint256)', [99n]),
      read('VaultFactory', 'implementation(uint64)', [9n]),
      read('USDC', 'balanceOf(address)', ['@veto']),
    ],
  ]);
}
