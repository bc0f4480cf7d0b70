/* Finds the parts of Vega that follow, each a CommonJS module, and gives what the page uses as the
   global `vega`, as Vega's own bundle does. */
'use strict';
const vegaParts = {};
const vegaLoaded = {};
function vegaPart(name) {
  if (!(name in vegaLoaded)) {
    const part = { exports: {} };
    vegaLoaded[name] = part.exports;
    vegaParts[name].call(globalThis, part, part.exports, vegaPart);
    vegaLoaded[name] = part.exports;
  }
  return vegaLoaded[name];
}
