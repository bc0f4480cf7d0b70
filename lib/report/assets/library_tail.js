globalThis.vega = {
  parse: vegaPart('vega-parser').parse,
  View: vegaPart('vega-view').View,
  Warn: vegaPart('vega-util').Warn,
  expressionInterpreter: vegaPart('vega-interpreter').expressionInterpreter
};
Object.assign(vegaPart('vega-dataflow').transforms, vegaPart('vega-transforms'), vegaPart('vega-view-transforms'),
  vegaPart('vega-encode'));
