/** Stacked bars of met, running and breached targets; the table below says the same in numbers. */
import type { Group } from "../route/model";
import { useWords } from "../words/view";
import { type Bar, groupLabel, sharesOf } from "./model";

const HEIGHT = 160;
const GAP = 0.28;
const MAX_LABELS = 12;

export function Chart({ bars, by }: { bars: readonly Bar[]; by: Group }) {
  const t = useWords();
  const highest = Math.max(...bars.map(({ targets }) => targets), 1);
  const step = 100 / Math.max(bars.length, 4);
  const every = Math.ceil(bars.length / MAX_LABELS);
  return (
    <figure className="chart">
      <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {[0.25, 0.5, 0.75, 1].map((line) => (
          <line
            key={line}
            x1="0"
            x2="100"
            y1={HEIGHT * (1 - line) + 0.5}
            y2={HEIGHT * (1 - line) + 0.5}
          />
        ))}
        {bars.map((bar, at) => (
          <Stack key={bar.name} bar={bar} highest={highest} x={at * step} width={step} />
        ))}
      </svg>
      <div className="chart-labels" data-dense={every > 1 || undefined} aria-hidden="true">
        {bars.map((bar, at) => (
          <span key={bar.name} style={{ width: `${step}%` }}>
            {at % every === 0 ? groupLabel(t, bar.name, by) : ""}
          </span>
        ))}
      </div>
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
