/* Draws the charts of the page from the JSON in #charts (see chart_json.hpp): controls for the
   dimensions that a chart leaves open, the picture by Vega, and the table of the same numbers. */
(function () {
  'use strict';
  const { cubes, charts } = JSON.parse(document.getElementById('charts').textContent);
  const tip = document.getElementById('tip');
  const series = ['var(--s0)', 'var(--s1)', 'var(--s2)', 'var(--s3)', 'var(--s4)', 'var(--s5)'];
  const shapes = ['circle', 'square', 'triangle-up', 'diamond', 'triangle-down', 'cross'];
  const dashes = [[1, 0], [7, 4], [2, 3], [9, 3, 2, 3]];

  /* As aqua::report::significant with five digits. */
  function significant(value, digits) {
    if (!Number.isFinite(value)) return '-';
    const magnitude = Number(value.toExponential(digits - 1));
    if (value !== 0 && (Math.abs(magnitude) < 1e-4 || Math.abs(magnitude) >= 10 ** digits)) {
      const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
      const sign = exponent[0];
      return `${Number(mantissa)}e${sign}${exponent.slice(1).padStart(2, '0')}`;
    }
    return String(Number(value.toPrecision(digits)));
  }

  function withInterval(point) {
    const text = significant(point.value, 5);
    if (point.low === null || point.high === null) return text;
    return `${text} [${significant(point.low, 5)}, ${significant(point.high, 5)}]`;
  }

  /* The lines (heat: rows) of a chart at a choice: [{series, style, label, points}]. */
  function linesOf(chart, chosen) {
    const cube = cubes[chart.cube];
    const dimensions = cube.dimensions;
    const at = places => places.reduce((sum, place, d) => sum * dimensions[d].labels.length + place, 0);
    const styles = chart.style === null ? [null] : dimensions[chart.style].labels;
    const lines = [];
    dimensions[chart.series].labels.forEach((name, s) => {
      styles.forEach((styleName, t) => {
        const places = chosen.slice();
        places[chart.series] = s;
        if (chart.style !== null) places[chart.style] = t;
        const points = dimensions[chart.x].labels.map((_, x) => {
          places[chart.x] = x;
          const i = at(places);
          return {
            value: cube.values[i],
            low: cube.low ? cube.low[i] : null,
            high: cube.high ? cube.high[i] : null
          };
        });
        if (!points.some(point => point.value !== null)) return;
        lines.push({ series: s, style: t, name, styleName, points,
          label: styleName === null ? name : `${name}, ${styleName}` });
      });
    });
    return lines;
  }

  function isOpen(chart, d) {
    return d !== chart.x && d !== chart.series && d !== chart.style &&
      cubes[chart.cube].dimensions[d].labels.length > 1;
  }

  function valueLabel(chart, chosen) {
    if (chart.valueDimension === null) return chart.valueLabel;
    return cubes[chart.cube].dimensions[chart.valueDimension].labels[chosen[chart.valueDimension]];
  }

  const config = {
    font: 'system-ui, sans-serif',
    axis: {
      labelColor: 'var(--soft)', titleColor: 'var(--ink)', gridColor: 'var(--grid)', domainColor: 'var(--grid)',
      tickColor: 'var(--grid)', labelFontSize: 12, titleFontSize: 13, titleFontWeight: 400, labelOverlap: true
    },
    legend: { labelColor: 'var(--ink)', titleColor: 'var(--soft)', labelFontSize: 13, titleFontSize: 12,
      titleFontWeight: 400, labelLimit: 260, titleLimit: 260 }
  };

  /* 1, 2 and 5 times powers of ten between two positive numbers, or only the powers when those are
     many. */
  function logTicks(low, high) {
    const ticks = factors => {
      const list = [];
      for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
        for (const factor of factors) list.push(Number(`${factor}e${power}`));
      }
      return list.filter(tick => tick >= low && tick <= high);
    };
    const fine = ticks([1, 2, 5]);
    return fine.length > 9 ? ticks([1]) : fine;
  }

  function lineSpec(chart, lines, chosen, width) {
    const x = cubes[chart.cube].dimensions[chart.x];
    const y = valueLabel(chart, chosen);
    const isNumeric = Boolean(x.numbers);
    const usable = value => value !== null && (!chart.yLog || value > 0);
    const points = [];
    lines.forEach((line, n) => line.points.forEach((point, i) => {
      const banded = usable(point.value) && usable(point.low) && usable(point.high);
      points.push({
        line: n, shift: 14 * (n - (lines.length - 1) / 2), series: line.name, style: line.styleName === null ? line.name : line.styleName,
        x: isNumeric ? x.numbers[i] : x.labels[i], value: point.value, defined: usable(point.value),
        low: banded ? point.low : point.value, high: banded ? point.high : point.value, banded,
        tip: `${line.label}\n${x.label}: ${x.labels[i]}\n${y}: ${withInterval(point)}`
      });
    }));
    const values = points.filter(p => p.defined).flatMap(p => [p.value, p.low, p.high]);
    const xType = isNumeric ? (chart.xLog && Math.min(...x.numbers) > 0 ? 'log' : 'linear') : 'point';
    const few = x.labels.length <= 24;
    const seriesNames = [...new Set(lines.map(line => line.name))];
    const styleNames = chart.style === null ? [] : [...new Set(lines.map(line => line.styleName))];
    const places = cubes[chart.cube].dimensions[chart.series].labels;
    const cycled = (names, range, all) => names.map(name => range[all.indexOf(name) % range.length]);
    const dashNames = chart.style === null ? seriesNames : styleNames;
    const dashAll = chart.style === null ? places : cubes[chart.cube].dimensions[chart.style].labels;
    const legends = [{ fill: 'color', shape: 'shape', symbolSize: 70, symbolStrokeWidth: 0,
      title: cubes[chart.cube].dimensions[chart.series].label }];
    if (chart.style !== null) legends.push({ strokeDash: 'dash', symbolType: 'stroke', symbolSize: 500, symbolStrokeColor: 'var(--ink)',
      symbolStrokeWidth: 2, title: cubes[chart.cube].dimensions[chart.style].label });
    /* The width of an entry: about seven units a letter, the symbol, and space. */
    const longest = Math.max(...[...seriesNames, ...styleNames].map(name => Math.min(name.length, 36)));
    const entry = (chart.style === null ? 40 : 60) + 7 * longest;
    legends.forEach(legend => Object.assign(legend, { orient: 'top', direction: 'horizontal',
      columns: Math.max(1, Math.floor((width - 70) / legends.length / entry)) }));
    const xAt = { scale: 'x', field: 'x' };
    /* Between names there is nothing to draw a line through: intervals are bars, side by side. */
    if (!isNumeric) xAt.offset = { field: 'shift' };
    const connected = [{ type: 'group', from: { facet: { name: 'one', data: 'points', groupby: 'line' } }, marks: [
      { type: 'area', from: { data: 'one' }, interactive: false, encode: { update: {
        x: xAt, y: { scale: 'y', field: 'low' }, y2: { scale: 'y', field: 'high' }, defined: { field: 'banded' },
        fill: { scale: 'color', field: 'series' }, fillOpacity: { value: lines.length > 4 ? 0.08 : 0.18 } } } },
      { type: 'line', from: { data: 'one' }, interactive: false, encode: { update: {
        x: xAt, y: { scale: 'y', field: 'value' }, defined: { field: 'defined' },
        stroke: { scale: 'color', field: 'series' }, strokeDash: { scale: 'dash', field: 'style' },
        strokeWidth: { value: 2 } } } }
    ] }];
    const bars = [{ type: 'rule', from: { data: 'marks' }, interactive: false, encode: { update: {
      x: xAt, y: { scale: 'y', field: 'low' }, y2: { scale: 'y', field: 'high' },
      stroke: { scale: 'color', field: 'series' }, strokeDash: { scale: 'dash', field: 'style' },
      strokeWidth: { value: 2 } } } }];
    return {
      config, width, height: 280, autosize: { type: 'fit-x', contains: 'padding' }, padding: 4,
      data: [{ name: 'points', values: points },
        { name: 'marks', source: 'points', transform: [{ type: 'filter', expr: 'datum.defined' }] }],
      scales: [
        Object.assign({ name: 'x', type: xType, range: 'width' }, xType === 'point'
          ? { domain: x.labels, padding: 0.5 }
          : { domain: [Math.min(...x.numbers), Math.max(...x.numbers)], nice: false, zero: false }),
        { name: 'y', type: chart.yLog ? 'log' : 'linear', range: 'height', nice: !chart.yLog,
          zero: !chart.yLog && chart.fromZero,
          domain: values.length ? [Math.min(...values), Math.max(...values)] : [0, 1] },
        { name: 'color', type: 'ordinal', domain: seriesNames, range: cycled(seriesNames, series, places) },
        { name: 'shape', type: 'ordinal', domain: seriesNames, range: cycled(seriesNames, shapes, places) },
        { name: 'dash', type: 'ordinal', domain: dashNames, range: cycled(dashNames, dashes, dashAll) }
      ],
      axes: [
        Object.assign({ orient: 'bottom', scale: 'x', title: x.label, titlePadding: 8 },
          isNumeric ? { format: x.numbers.every(Number.isInteger) ? ',' : '.4~g' } : {},
          isNumeric && x.numbers.length <= 12 ? { values: x.numbers } : {}),
        Object.assign({ orient: 'left', scale: 'y', title: y, grid: true, titlePadding: 8, tickCount: 6,
          format: values.some(value => Math.abs(value) >= 1e4) ? '.4~s' : '.4~g' },
        chart.yLog && values.length ? { values: logTicks(Math.min(...values), Math.max(...values)) } : {})
      ],
      legends,
      marks: [
        ...(isNumeric ? connected : bars),
        { type: 'symbol', from: { data: 'marks' }, interactive: false, encode: { update: {
          x: xAt, y: { scale: 'y', field: 'value' }, size: { value: few ? 60 : 0 },
          shape: { scale: 'shape', field: 'series' }, fill: { scale: 'color', field: 'series' },
          description: { field: 'tip' } } } },
        { type: 'symbol', name: 'targets', from: { data: 'marks' }, encode: {
          update: { x: xAt, y: { scale: 'y', field: 'value' }, size: { value: few ? 500 : 200 },
            shape: { value: 'circle' }, fill: { value: 'transparent' }, stroke: { value: 'transparent' },
            strokeWidth: { value: 2 }, tooltip: { field: 'tip' } },
          hover: { stroke: { value: 'var(--ink)' } } } }
      ]
    };
  }

  function heatSpec(chart, lines, chosen, width) {
    const dimensions = cubes[chart.cube].dimensions;
    const x = dimensions[chart.x];
    const y = dimensions[chart.series];
    const label = valueLabel(chart, chosen);
    const cells = [];
    lines.forEach(line => line.points.forEach((point, i) => {
      if (point.value === null) return;
      cells.push({ x: x.labels[i], y: line.name, value: point.value, text: significant(point.value, 3),
        tip: `${y.label} ${line.name}, ${x.label} ${x.labels[i]}\n${label}: ${withInterval(point)}` });
    }));
    const values = cells.map(cell => cell.value);
    const low = Math.min(...values);
    const high = Math.max(...values);
    const room = Math.abs(low) / 10 || 1;
    const rowNames = lines.map(line => line.name);
    const step = rowNames.length > 16 ? 16 : 30;
    const dark = value => (high > low ? (value - low) / (high - low) : 0.5) > 0.5;
    cells.forEach(cell => { cell.ink = dark(cell.value) ? '#ffffff' : '#000000'; });
    const cell = { x: { scale: 'x', field: 'x' }, y: { scale: 'y', field: 'y' },
      width: { scale: 'x', band: 1 }, height: { scale: 'y', band: 1 } };
    return {
      config, width, height: step * rowNames.length, autosize: { type: 'fit-x', contains: 'padding' }, padding: 4,
      signals: [{ name: 'fits', update: `bandwidth('x') >= 42 && ${step} >= 20` }],
      data: [{ name: 'cells', values: cells }],
      scales: [
        { name: 'x', type: 'band', domain: x.labels, range: 'width' },
        { name: 'y', type: 'band', domain: rowNames, range: 'height' },
        { name: 'color', type: 'linear', domain: cells.length ? (high > low ? [low, high] : [low - room, low + room]) : [0, 1],
          range: { scheme: 'cividis' }, reverse: true, zero: false }
      ],
      axes: [{ orient: 'bottom', scale: 'x', title: x.label, ticks: false, domain: false, labelFlush: false },
        { orient: 'left', scale: 'y', title: y.label, ticks: false, domain: false }],
      legends: [{ fill: 'color', type: 'gradient', orient: 'top', direction: 'horizontal', title: label,
        gradientLength: Math.min(240, 0.7 * width), tickCount: 4, format: '.3~g' }],
      marks: [
        { type: 'rect', name: 'targets', from: { data: 'cells' }, encode: {
          update: Object.assign({ fill: { scale: 'color', field: 'value' }, stroke: { value: 'transparent' },
            strokeWidth: { value: 2 }, tooltip: { field: 'tip' }, description: { field: 'tip' } }, cell),
          hover: { stroke: { value: 'var(--ink)' } } } },
        { type: 'text', from: { data: 'cells' }, interactive: false, encode: { update: {
          x: { scale: 'x', field: 'x', band: 0.5 }, y: { scale: 'y', field: 'y', band: 0.5 },
          align: { value: 'center' }, baseline: { value: 'middle' }, fontSize: { value: 11 },
          text: { field: 'text' }, fill: { field: 'ink' }, opacity: { signal: 'fits ? 1 : 0' } } } }
      ]
    };
  }

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function exact(value) {
    return element('data', { value: String(value) }, significant(value, 5));
  }

  function pointCell(point) {
    if (point.value === null) return element('td', {}, '-');
    const cell = element('td', { class: 'number' }, exact(point.value));
    if (point.low !== null && point.high !== null) {
      cell.append(' ', element('span', { class: 'interval' }, '[', exact(point.low), ', ', exact(point.high), ']'));
    }
    return cell;
  }

  function updateTable(figure, chart, lines, chosen) {
    const dimensions = cubes[chart.cube].dimensions;
    const x = dimensions[chart.x];
    const choice = dimensions.map((dimension, d) => isOpen(chart, d) ? `${dimension.label}: ${dimension.labels[chosen[d]]}` : '')
      .filter(Boolean).join('; ');
    const heat = chart.kind === 'heat';
    const header = heat ? [`${dimensions[chart.series].label} \\ ${x.label}`, ...x.labels]
      : [x.label, ...lines.map(line => line.label)];
    const rows = heat
      ? lines.map(line => [line.label, line.points])
      : x.labels.map((label, i) => [label, lines.map(line => line.points[i])])
        .filter(([, points]) => points.some(point => point.value !== null));
    const table = figure.querySelector('table');
    const caption = valueLabel(chart, chosen) + (choice ? ` (${choice})` : '');
    table.parentElement.setAttribute('aria-label', caption);
    table.replaceChildren(
      element('caption', {}, caption),
      element('thead', {}, element('tr', {}, ...header.map((text, i) =>
        element('th', i === 0 ? { scope: 'col' } : { scope: 'col', class: 'number' }, text)))),
      element('tbody', {}, ...rows.map(([label, points]) =>
        element('tr', {}, element('th', { scope: 'row' }, label), ...points.map(pointCell)))));
  }

  function showTip(handler, event, item, value) {
    tip.hidden = value === null || value === undefined || value === '';
    if (tip.hidden) return;
    tip.textContent = value;
    const box = tip.getBoundingClientRect();
    const room = 12;
    const left = Math.min(event.clientX + room, window.innerWidth - box.width - room);
    const above = event.clientY - box.height - room;
    tip.style.left = `${Math.max(room, left)}px`;
    tip.style.top = `${above < room ? event.clientY + room : above}px`;
  }

  function mount(chart) {
    const figure = document.getElementById(chart.id);
    const plot = figure.querySelector('.plot');
    const controls = figure.querySelector('.controls');
    const chosen = chart.chosen.slice();
    let view = null;

    function draw() {
      const lines = linesOf(chart, chosen);
      const spec = (chart.kind === 'heat' ? heatSpec : lineSpec)(chart, lines, chosen, plot.clientWidth);
      if (view) view.finalize();
      plot.replaceChildren();
      view = new vega.View(vega.parse(spec, {}, { ast: true }), {
        expr: vega.expressionInterpreter, renderer: 'svg', container: plot, hover: true, tooltip: showTip,
        logLevel: vega.Warn
      });
      view.run();
      return lines;
    }

    function choose() {
      updateTable(figure, chart, draw(), chosen);
    }

    cubes[chart.cube].dimensions.forEach((dimension, d) => {
      if (!isOpen(chart, d)) return;
      const select = element('select', { 'data-dimension': dimension.key },
        ...dimension.labels.map((label, i) => element('option', { value: String(i) }, label)));
      select.value = String(chosen[d]);
      select.addEventListener('change', () => { chosen[d] = Number(select.value); choose(); });
      controls.append(element('label', {}, dimension.label, select));
    });
    choose();
    let width = plot.clientWidth;
    /* In the next frame: drawing changes the size that is being reported. */
    new ResizeObserver(() => requestAnimationFrame(() => {
      if (plot.clientWidth === width || plot.clientWidth === 0) return;
      width = plot.clientWidth;
      draw();
    })).observe(plot);
  }

  charts.forEach(mount);
  document.documentElement.dataset.ready = String(charts.length);
})();
