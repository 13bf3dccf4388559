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
