/** Stacked bars of met, running and breached targets; the table below says the same in numbers. */
import type { Group } from "../route/model";
import { useWords } from "../words/view";
import { type Bar, groupLabel, sharesOf } from "./model";
import { ColumnLabels } from "./parts";

const HEIGHT = 160;
const GAP = 0.28;
const MAX_BARS = 60;

export function Chart({ bars: all, by }: { bars: readonly Bar[]; by: Group }) {
  const t = useWords();
  const bars = by === "day" ? all : all.slice(0, MAX_BARS);
  const highest = Math.max(...bars.map(({ targets }) => targets), 1);
  const step = 100 / Math.max(bars.length, 4);
  return (
    <figure className="chart">
      <Highest value={highest} />
      <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <GridLines height={HEIGHT} />
        {bars.map((bar, at) => (
          <Stack key={bar.name} bar={bar} highest={highest} x={at * step} width={step} />
        ))}
      </svg>
      <ColumnLabels labels={bars.map(({ name }) => groupLabel(t, name, by))} width={step} />
      <figcaption className="legend">
        {(["met", "running", "breached"] as const).map((kind) => (
          <span key={kind} data-kind={kind}>
            {t(`report_${kind}`)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

/** What the topmost grid line stands for. */
export function Highest({ value }: { value: number }) {
  const t = useWords();
  return (
    <span className="chart-highest" aria-hidden="true">
      {new Intl.NumberFormat(t.locale).format(value)}
    </span>
  );
}

export function GridLines({ height }: { height: number }) {
  return [0.25, 0.5, 0.75, 1].map((line) => (
    <line
      key={line}
      x1="0"
      x2="100"
      y1={height * (1 - line) + 0.5}
      y2={height * (1 - line) + 0.5}
    />
  ));
}

interface StackProps {
  bar: Bar;
  highest: number;
  x: number;
  width: number;
}

function Stack({ bar, highest, x, width }: StackProps) {
  const { met, running, breached } = sharesOf(bar, highest);
  const parts = [
    { kind: "met", from: 0, share: met },
    { kind: "running", from: met, share: running },
    { kind: "breached", from: met + running, share: breached },
  ];
  return parts.map(({ kind, from, share }) => (
    <rect
      key={kind}
      data-kind={kind}
      x={x + (width * GAP) / 2}
      width={width * (1 - GAP)}
      y={HEIGHT * (1 - from - share)}
      height={HEIGHT * share}
    />
  ));
}
