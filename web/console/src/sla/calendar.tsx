/** The form of a calendar: opening hours, own dates, public holidays, and a trial of all that. */
import { type Calendar, type CalendarTerms, type SpecialDay, weekdays } from "@parley/shared/sla";
import { useQuery } from "@tanstack/react-query";
import { FlaskConical, X } from "lucide-react";
import { useState } from "react";
import { describe, Unfinished } from "../problem";
import { Form, NameField, ZoneField } from "../settings/parts";
import { Dialog } from "../ui/dialog";
import { Alert, Button, IconButton, Select, TextField } from "../ui/parts";
import { formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import {
  listCountries,
  listHolidays,
  type Preview,
  previewCalendar,
  saveCalendar,
} from "./actions";
import { dayName } from "./means";
import { hoursText, newCalendar, parseHours, withDay } from "./model";
import { TrialDialog } from "./trial";

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const TRIAL_MINUTES = 480;

interface Props {
  calendar: Calendar | null;
  onClose: () => void;
}

export function CalendarDialog({ calendar, onClose }: Props) {
  const t = useWords();
  const [name, setName] = useState(calendar?.name ?? "");
  const [terms, setTerms] = useState<CalendarTerms>(() => calendar ?? newCalendar(HERE));
  const [texts, setTexts] = useState(() => weekdays.map((day) => hoursText(terms.hours[day])));
  const [failure, setFailure] = useState<unknown>(null);
  const [isTrying, setTrying] = useState(false);
  const change = (part: Partial<CalendarTerms>) => setTerms({ ...terms, ...part });
  const write = (at: number, text: string) => {
    setTexts(texts.map((one, other) => (other === at ? text : one)));
    const hours = parseHours(text);
    const day = weekdays[at];
    if (hours && day) change({ hours: { ...terms.hours, [day]: hours } });
  };
  const isReadable = texts.every((text) => parseHours(text) !== null);
  const { time_zone, hours, days, holidays } = terms;
  const body = { name, time_zone, hours, days, holidays };
  return (
    <Dialog title={calendar?.name ?? t("new_calendar")} onClose={onClose}>
      <Form
        action={t(calendar ? "save" : "create")}
        failure={failure}
        onFailure={setFailure}
        onCancel={onClose}
        onSubmit={() =>
          isReadable
            ? saveCalendar(calendar?.id ?? null, body).then(onClose)
            : Promise.reject(new Unfinished(t("hours_unreadable")))
        }
      >
        <div className="form-pair">
          <NameField value={name} failure={failure} onText={setName} />
          <ZoneField
            value={time_zone}
            failure={failure}
            onText={(zone) => change({ time_zone: zone })}
          />
        </div>
        <fieldset className="week">
          <legend>{t("opening_hours")}</legend>
          <p className="field-hint">{t("opening_hours_hint")}</p>
          {weekdays.map((day, at) => (
            <TextField
              key={day}
              label={dayName(t, at, "long")}
              placeholder={t("closed")}
              value={texts[at] ?? ""}
              problem={parseHours(texts[at] ?? "") ? undefined : t("hours_unreadable")}
              onText={(text) => write(at, text)}
            />
          ))}
        </fieldset>
        <Holidays terms={terms} id={calendar?.id ?? null} onChange={change} />
        <SpecialDays days={days} onDays={(changed) => change({ days: changed })} />
        <Trial terms={{ time_zone, hours, days, holidays }} />
        {calendar && calendar.policy_ids.length > 0 && (
          <div>
            <Button onClick={() => setTrying(true)}>
              <FlaskConical aria-hidden /> {t("trial_open")}
            </Button>
          </div>
        )}
      </Form>
      {isTrying && calendar && (
        <TrialDialog
          rules={{ calendars: [{ id: calendar.id, ...body }] }}
          onClose={() => setTrying(false)}
        />
      )}
    </Dialog>
  );
}

interface HolidaysProps {
  terms: CalendarTerms;
  id: string | null;
  onChange: (part: Partial<CalendarTerms>) => void;
}

function Holidays({ terms, id, onChange }: HolidaysProps) {
  const t = useWords();
  const countries =
    useQuery({ queryKey: ["holiday-countries"], queryFn: listCountries }).data ?? [];
  const chosen = countries.find(({ country }) => country === terms.holidays?.country);
  const names = new Intl.DisplayNames([t.locale], { type: "region" });
  const codes = new Set(countries.map(({ country }) => country));
  if (terms.holidays) codes.add(terms.holidays.country);
  const named = [...codes]
    .map((country) => ({ value: country, label: names.of(country) ?? country }))
    .sort((a, b) => a.label.localeCompare(b.label, t.locale));
  return (
    <>
      <div className="form-pair">
        <Select
          label={t("public_holidays")}
          value={terms.holidays?.country ?? ""}
          options={[{ value: "", label: t("holidays_none") }, ...named]}
          onValue={(country) =>
            onChange({ holidays: country ? { country, subdivision: null } : null })
          }
        />
        {terms.holidays && chosen && chosen.subdivisions.length > 0 && (
          <Select
            label={t("region")}
            value={terms.holidays.subdivision ?? ""}
            options={[
              { value: "", label: t("region_whole") },
              ...chosen.subdivisions.map((value) => ({ value, label: value })),
            ]}
            onValue={(subdivision) =>
              onChange({
                holidays: { country: chosen.country, subdivision: subdivision || null },
              })
            }
          />
        )}
      </div>
      {id && terms.holidays && <Upcoming id={id} />}
    </>
  );
}

/** The public holidays of this year, as the calendar has been saved. */
function Upcoming({ id }: { id: string }) {
  const t = useWords();
  const year = new Date().getFullYear();
  const { data } = useQuery({
    queryKey: ["calendars", id, "holidays", year],
    queryFn: () => listHolidays(id, year),
  });
  if (!data?.length) return null;
  return (
    <details className="upcoming">
      <summary>{t("holidays_of", { year: String(year) })}</summary>
      <ul>
        {data.map(({ date, name }) => (
          <li key={date}>
            <time dateTime={date}>{dateText(t.locale, date)}</time> {name}
          </li>
        ))}
      </ul>
    </details>
  );
}

function dateText(locale: string, date: string): string {
  const format = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  return format.format(new Date(date));
}

interface DaysProps {
  days: readonly SpecialDay[];
  onDays: (days: SpecialDay[]) => void;
}

function SpecialDays({ days, onDays }: DaysProps) {
  const t = useWords();
  const [date, setDate] = useState("");
  const [name, setName] = useState("");
  const [text, setText] = useState("");
  const hours = parseHours(text);
  const add = () => {
    if (!date || !hours) return;
    onDays(withDay(days, { date, name, hours }));
    setDate("");
    setName("");
    setText("");
  };
  return (
    <fieldset className="week">
      <legend>{t("own_dates")}</legend>
      {days.length > 0 && (
        <ul className="special-days">
          {days.map((day) => (
            <li key={day.date}>
              <time dateTime={day.date}>{dateText(t.locale, day.date)}</time>
              <span>{day.name}</span>
              <span>{hoursText(day.hours) || t("closed")}</span>
              <IconButton
                label={t("date_remove", { date: day.date })}
                onClick={() => onDays(days.filter((one) => one !== day))}
              >
                <X />
              </IconButton>
            </li>
          ))}
        </ul>
      )}
      <div className="form-triple">
        <TextField label={t("name")} value={name} onText={setName} />
        <TextField label={t("date")} type="date" value={date} onText={setDate} />
        <TextField
          label={t("opening_hours")}
          placeholder={t("closed")}
          value={text}
          problem={hours ? undefined : t("hours_unreadable")}
          onText={setText}
        />
      </div>
      <div>
        <Button disabled={!date || !hours} onClick={add}>
          {t("date_add")}
        </Button>
      </div>
    </fieldset>
  );
}

/** What these hours mean: when a working day's time from now will have passed. */
function Trial({ terms }: { terms: CalendarTerms }) {
  const t = useWords();
  const [found, setFound] = useState<Preview | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const run = () => {
    setFailure(null);
    previewCalendar(terms, new Date().toISOString(), TRIAL_MINUTES).then(setFound, setFailure);
  };
  return (
    <div className="inline-action">
      <span>
        {failure !== null ? (
          <Alert>{describe(failure)}</Alert>
        ) : found ? (
          found.due_at ? (
            t("calendar_trial_due", { time: formatMoment(found.due_at, t.locale) })
          ) : (
            t("calendar_trial_never")
          )
        ) : (
          t("calendar_trial_hint")
        )}
      </span>
      <Button onClick={run}>{t("calendar_trial")}</Button>
    </div>
  );
}
