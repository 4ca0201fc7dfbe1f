// What may differ between bondstone and the real contracts: documented, and counted. The scenario
// fails when one occurs more often or less often than it says here.

const DOCUMENT = 'docs/models/symbiotic.md, "What differs from the deployed contracts"';

/** Key, how often it occurs in one play on bondstone, and where it is documented. */
const EXPECTED = {
  // Vaults are proxies; their address depends on compiled code that bondstone does not hold.
  'vault-addresses': { count: 4, documented: DOCUMENT },
  // Clones of the rewards contracts: their factories tell nobody the implementation, so that a
  // client cannot compute the address. On anvil the tests know it, because they deployed it.
  'rewards-addresses': { count: 2, documented: 'tests/e2e/README.md, "Exclusions"' },
};

/** Counts what was left out of one play. */
export class Exclusions {
  counts = Object.fromEntries(Object.keys(EXPECTED).map((key) => [key, 0]));

  count(key) {
    if (!(key in EXPECTED)) throw new Error(`${key} is no documented difference`);
    this.counts[key]++;
  }

  /** Sum of all exclusions; an error when a count is not the documented one. */
  total() {
    for (const [key, { count, documented }] of Object.entries(EXPECTED)) {
      if (this.counts[key] !== count) {
        throw new Error(
          `${key}: ${this.counts[key]} exclusions, ${count} expected (${documented})`,
        );
      }
    }
    return Object.values(this.counts).reduce((sum, one) => sum + one, 0);
  }
}
