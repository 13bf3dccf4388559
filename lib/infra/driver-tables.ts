import type { Plugin } from 'esbuild';

/**
 * mysql2 brings tables that Keyturn has no use for, 620 KB of its megabyte: the names of 5,000 server errors (told by
 * number here), and iconv-lite's encodings of East Asia. What a session reads and writes is UTF-8; in another encoding
 * is only the text of an error before the session's own is agreed on, which is never shown. It is read as Latin-1.
 */
export const withoutDriverTables: Plugin = {
  name: 'without-driver-tables',
  setup({ onLoad }) {
    onLoad({ filter: /\/mysql2\/lib\/constants\/errors\.js$/ }, () => ({ contents: 'module.exports = {};' }));
    onLoad({ filter: /\/iconv-lite\/lib\/index\.js$/ }, () => ({
      contents: `const { StringDecoder } = require('node:string_decoder');
        exports.getDecoder = () => new StringDecoder('latin1');
        exports.getEncoder = (encoding) => { throw new Error('nothing is written in ' + encoding); };`,
    }));
  },
};

/**
 * ssh2 has parts in C++ for speed, which it does without where they were not built: they would be of this machine's sort,
 * not of Lambda's.
 */
export const withoutNativeParts: Plugin = {
  name: 'without-native-parts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cpu-features$|\/sshcrypto\.node$/ }, ({ path }) => ({ path, namespace: 'native-part' }));
    onLoad({ filter: /.*/, namespace: 'native-part' }, () => ({ contents: "throw new Error('left out');" }));
  },
};
