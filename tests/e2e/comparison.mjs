// Compares what two plays of the same scenario recorded, and says where they part.

/** Every difference between two values, with its path. */
function differences(want, got, path = '') {
  const compound = (value) => value !== null && typeof value === 'object';
  if (!compound(want) || !compound(got)) {
    return Object.is(want, got) ? [] : [{ path, want, got }];
  }
  const keys = new Set([...Object.keys(want), ...Object.keys(got)]);
  return [...keys].flatMap((key) => differences(want[key], got[key], `${path}.${key}`));
}

function shown(value) {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

/** The differences of two plays, for people; empty when there are none. */
export function compare(reference, play) {
  const lines = [];
  const length = Math.max(reference.records.length, play.records.length);
  for (let index = 0; index < length; index++) {
    const [want, got] = [reference.records[index], play.records[index]];
    const found = differences(want ?? {}, got ?? {});
    if (found.length === 0) continue;
    lines.push(`step ${index}: ${(want ?? got).step}`);
    for (const { path, want: one, got: other } of found) {
      lines.push(`  ${path.slice(1)}`);
      lines.push(`    ${reference.title.padEnd(16)} ${shown(one)}`);
      lines.push(`    ${play.title.padEnd(16)} ${shown(other)}`);
    }
  }
  return lines;
}

/**
 * Signatures cover addresses, so that they are compared on one chain, between clients: the names of
 * those that differ, with the play.
 */
export function compareSignatures(plays) {
  return plays.flatMap((play) => {
    const first = plays.find(({ chain }) => chain === play.chain);
    const names = new Set([...first.signatures.keys(), ...play.signatures.keys()]);
    return [...names]
      .filter((name) => first.signatures.get(name) !== play.signatures.get(name))
      .map((name) => `${play.title} signs "${name}" otherwise than ${first.title}`);
  });
}

/** What a play compared: operations, failing ones, logs, views, signatures. */
export function counts({ records }) {
  const sent = records.filter(({ status }) => status !== undefined);
  return {
    operations: sent.length,
    failing: sent.filter(({ status }) => !status).length,
    logs: sent.reduce((sum, { logs }) => sum + logs.length, 0),
    views: records.filter((one) => one.status === undefined && !('bytes' in one)).length,
    signatures: records.filter((one) => 'bytes' in one).length,
    errors: new Set(records.flatMap(({ revert }) => revert?.decoded?.error ?? [])).size,
  };
}
