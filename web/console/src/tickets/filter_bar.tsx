/** The filters that are on, as chips that open to be changed, and the button that adds one. */
import { ListFilter, X } from "lucide-react";
import { useState } from "react";
import { Picker } from "../ui/picker";
import { useWords } from "../words/view";
import { chosenIn, DIMENSIONS, type Dimension, toggled, useFilterOptions } from "./filter_options";
import type { Filters } from "./query";

interface Props {
  filters: Filters;
  onChange: (filters: Filters) => void;
}

export function FilterChips({ filters, onChange, editing, onEdit }: Props & Editing) {
  const shown = DIMENSIONS.filter((one) => chosenIn(filters, one).length || one === editing);
  if (!shown.length) return null;
  return (
    <div className="filters">
      {shown.map((dimension) => (
        <FilterChip
          key={dimension}
          dimension={dimension}
          filters={filters}
          onChange={onChange}
          isOpen={editing === dimension}
          onOpen={(open) => onEdit(open ? dimension : null)}
        />
      ))}
    </div>
  );
}

interface Editing {
  editing: Dimension | null;
  onEdit: (dimension: Dimension | null) => void;
}

type ChipProps = Props & { dimension: Dimension; isOpen: boolean; onOpen: (open: boolean) => void };

function FilterChip({ dimension, filters, onChange, isOpen, onOpen }: ChipProps) {
  const t = useWords();
  const options = useFilterOptions()[dimension];
  const chosen = chosenIn(filters, dimension);
  const names = chosen.map((value) => options.find((one) => one.value === value)?.label ?? value);
  const label = t(`filter_${dimension}`);
  return (
    <span className="chip filter-chip">
      <Picker
        label={label}
        options={options}
        chosen={chosen}
        isMultiple={dimension === "status" || dimension === "priority"}
        onChoose={(value) => onChange(toggled(filters, dimension, value))}
        emptyText={t("nothing_found")}
        open={isOpen}
        onOpenChange={onOpen}
        trigger={
          <button type="button" className="chip-main">
            <span className="chip-key">{label}</span> {names.join(", ") || "…"}
          </button>
        }
      />
      <button
        type="button"
        className="chip-remove"
        aria-label={t("filter_remove", { filter: label })}
        onClick={() => {
          const { [dimension]: _off, ...others } = filters;
          onOpen(false);
          onChange(others);
        }}
      >
        <X aria-hidden />
      </button>
    </span>
  );
}

/** Chooses a dimension first; its chip then opens with the values. */
export function AddFilter({ onEdit }: Pick<Editing, "onEdit">) {
  const t = useWords();
  const [isOpen, setOpen] = useState(false);
  return (
    <Picker
      label={t("filter_by")}
      options={DIMENSIONS.map((value) => ({ value, label: t(`filter_${value}`) }))}
      chosen={[]}
      onChoose={onEdit}
      emptyText={t("nothing_found")}
      open={isOpen}
      onOpenChange={setOpen}
      align="end"
      trigger={
        <button type="button" className="icon-button" aria-label={t("filter")} title={t("filter")}>
          <ListFilter />
        </button>
      }
    />
  );
}
