// Names for addresses. Two chains put the same contract at different addresses; a record in which
// every known address is replaced by its name is the same on both.

/** Both ways between names and addresses. */
export class Names {
  constructor(addresses) {
    this.addresses = new Map();
    this.names = new Map();
    for (const [name, address] of Object.entries(addresses)) this.add(name, address);
  }

  add(name, address) {
    const key = address.slice(2).toLowerCase();
    const known = this.names.get(key);
    if (known) throw new Error(`${address} is ${known} and cannot be ${name}`);
    if (this.addresses.has(name)) throw new Error(`there are two of ${name}`);
    this.addresses.set(name, address);
    this.names.set(key, name);
    this.pattern = undefined;
  }

  address(name) {
    const address = this.addresses.get(name);
    if (!address) throw new Error(`nobody is called ${name}`);
    return address;
  }

  /**
   * The value with every known address in it replaced, wherever it stands in hexadecimal text: in a
   * word of its own, at the start of a subnetwork, inside encoded bytes.
   */
  replace(value) {
    if (Array.isArray(value)) return value.map((one) => this.replace(one));
    if (typeof value !== 'string' || !value.startsWith('0x')) return value;
    this.pattern ??= new RegExp([...this.names.keys()].join('|'), 'g');
    return value.toLowerCase().replace(this.pattern, (found) => `<${this.names.get(found)}>`);
  }
}
