/* The texts of the first screen, in both languages.  The build puts them here (tools/web_modules.py),
 * so that nobody waits for all texts; of a folder (serve --web-dir) there are none. */
/** @type {Record<string, () => Record<string, any>> | null} */
export const FIRST = null;
