// Operators and networks register, name their middleware and metadata, and opt in and out: directly
// and by signature.

export function registration(story) {
  for (const operator of ['operatorA', 'operatorB']) {
    story.send(operator, 'OperatorRegistry', 'registerOperator()');
  }
  for (const network of ['hyperlane', 'tanssi']) {
    story.send(network, 'NetworkRegistry', 'registerNetwork()');
  }
  story.fail(
    'OperatorAlreadyRegistered()',
    [],
    'operatorA',
    'OperatorRegistry',
    'registerOperator()',
  );
  story.fail('NetworkAlreadyRegistered()', [], 'tanssi', 'NetworkRegistry', 'registerNetwork()');
  story.view('OperatorRegistry', 'totalEntities()(uint256)');
  story.view('OperatorRegistry', 'entity(uint256)(address)', [1n]);
  story.view('OperatorRegistry', 'isEntity(address)(bool)', ['@carol']);
  story.viewFails('Panic(uint256)', [0x32n], 'NetworkRegistry', 'entity(uint256)(address)', [2n]);

  const service = 'NetworkMiddlewareService';
  const setMiddleware = 'setMiddleware(address)';
  story.send('hyperlane', service, setMiddleware, ['@middleware']);
  story.send('tanssi', service, setMiddleware, ['@tanssi']);
  story.fail('NotNetwork()', [], 'carol', service, setMiddleware, ['@carol']);
  story.fail('AlreadySet()', [], 'hyperlane', service, setMiddleware, ['@middleware']);
  story.view(service, 'middleware(address)(address)', ['@hyperlane']);

  const url = 'https://operators.example/a.json';
  const setUrl = 'setMetadataURL(string)';
  story.send('operatorA', 'OperatorMetadataService', setUrl, [url]);
  story.send('tanssi', 'NetworkMetadataService', setUrl, ['https://networks.example/tanssi']);
  story.fail('AlreadySet()', [], 'operatorA', 'OperatorMetadataService', setUrl, [url]);
  story.fail('NotEntity()', [], 'carol', 'NetworkMetadataService', setUrl, [url]);
  story.view('OperatorMetadataService', 'metadataURL(address)(string)', ['@operatorA']);
}

const VAULTS = 'OperatorVaultOptInService';
const NETWORKS = 'OperatorNetworkOptInService';
const BY_SIGNATURE = '(address,address,uint48,bytes)';

const DOMAIN = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];
const CONSENT = [
  { name: 'who', type: 'address' },
  { name: 'where', type: 'address' },
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint48' },
];

/** Signs an opt-in or opt-out; the signature is kept under the name. */
function consent(story, name, signer, primaryType, service, where, nonce, deadline) {
  const who = '@operatorB';
  const domain = { name: service, version: '1', chainId: 31337, verifyingContract: `@${service}` };
  const types = { EIP712Domain: DOMAIN, [primaryType]: CONSENT };
  const message = { who, where: `@${where}`, nonce, deadline };
  story.sign(name, signer, { domain, types, primaryType, message });
}

export function optIns(story) {
  const optIn = 'optIn(address)';
  story.send('operatorA', VAULTS, optIn, ['@instant']);
  story.send('operatorA', VAULTS, optIn, ['@veto']);
  story.send('operatorA', VAULTS, optIn, ['@unslashable']);
  story.send('operatorA', NETWORKS, optIn, ['@hyperlane']);
  story.send('operatorA', NETWORKS, optIn, ['@tanssi']);
  story.fail('NotWho()', [], 'carol', VAULTS, optIn, ['@instant']);
  story.fail('NotWhereEntity()', [], 'operatorA', VAULTS, optIn, ['@carol']);
  story.fail('AlreadyOptedIn()', [], 'operatorA', NETWORKS, optIn, ['@tanssi']);
  story.fail('NotOptedIn()', [], 'operatorB', VAULTS, 'optOut(address)', ['@veto']);
  bySignature(story);

  // Out again, and in again: every move costs a nonce.
  const optOut = 'optOut(address)';
  const left = story.send('operatorA', NETWORKS, optOut, ['@tanssi']);
  story.view(NETWORKS, 'isOptedIn(address,address)(bool)', ['@operatorA', '@tanssi']);
  story.send('operatorA', NETWORKS, optIn, ['@tanssi']);
  const at = 'isOptedInAt(address,address,uint48,bytes)(bool)';
  for (const second of [left - 1, left, left + 12]) {
    story.view(NETWORKS, at, ['@operatorA', '@tanssi', second, '0x']);
  }
  story.send('operatorA', NETWORKS, 'increaseNonce(address)', ['@tanssi']);
  story.view(NETWORKS, 'nonces(address,address)(uint256)', ['@operatorA', '@tanssi']);
}

function bySignature(story) {
  const deadline = story.now + 3600;
  const optIn = `optIn${BY_SIGNATURE}`;
  const signed = (name, where, until = deadline) => [
    '@operatorB',
    `@${where}`,
    until,
    { signature: name },
  ];
  consent(story, 'in vault', 'operatorB', 'OptIn', VAULTS, 'instant', 0n, deadline);
  consent(story, 'expired', 'operatorB', 'OptIn', VAULTS, 'instant', 0n, story.now);
  consent(story, 'forged', 'carol', 'OptIn', VAULTS, 'instant', 0n, deadline);
  const expired = signed('expired', 'instant', story.now);
  story.fail('ExpiredSignature()', [], 'carol', VAULTS, optIn, expired);
  story.fail('InvalidSignature()', [], 'carol', VAULTS, optIn, signed('forged', 'instant'));
  // Signed for one vault, used for another.
  story.fail('InvalidSignature()', [], 'carol', VAULTS, optIn, signed('in vault', 'veto'));
  story.send('carol', VAULTS, optIn, signed('in vault', 'instant'));
  story.fail('InvalidSignature()', [], 'carol', VAULTS, optIn, signed('in vault', 'instant'));

  consent(story, 'in network', 'operatorB', 'OptIn', NETWORKS, 'hyperlane', 0n, deadline);
  story.send('carol', NETWORKS, optIn, signed('in network', 'hyperlane'));
  consent(story, 'out', 'operatorB', 'OptOut', VAULTS, 'instant', 1n, deadline);
  story.send('carol', VAULTS, `optOut${BY_SIGNATURE}`, signed('out', 'instant'));
  consent(story, 'in again', 'operatorB', 'OptIn', VAULTS, 'instant', 2n, deadline);
  story.send('carol', VAULTS, optIn, signed('in again', 'instant'));
  story.send('operatorB', VAULTS, 'optIn(address)', ['@specific']);
  story.view(VAULTS, 'isOptedIn(address,address)(bool)', ['@operatorB', '@instant']);
  story.view(VAULTS, 'nonces(address,address)(uint256)', ['@operatorB', '@instant']);
  const domain = '(bytes1,string,string,uint256,address,bytes32,uint256[])';
  story.view(VAULTS, `eip712Domain()${domain}`);
}
