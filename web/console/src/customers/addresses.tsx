/** The addresses that a customer is known by, and which of them mail does not reach. */
import type { Customer } from "@parley/shared/resources";
import { CircleAlert } from "lucide-react";
import { formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import { addressesOf } from "./model";

export function Addresses({ customer }: { customer: Customer }) {
  const t = useWords();
  const { main, further } = addressesOf(customer);
  if (!main?.bounced_at && !further.length) return null;
  return (
    <>
      {main?.bounced_at && <Bounced at={main.bounced_at} why={main.bounce} />}
      {further.length > 0 && (
        <>
          <dt>{t("further_addresses")}</dt>
          <dd>
            <ul>
              {further.map(({ email, bounced_at, bounce }) => (
                <li key={email}>
                  {email}
                  {bounced_at && <BouncedNote at={bounced_at} why={bounce} />}
                </li>
              ))}
            </ul>
          </dd>
        </>
      )}
    </>
  );
}

interface BouncedProps {
  at: string;
  why: string | null;
}

function Bounced(props: BouncedProps) {
  const t = useWords();
  return (
    <>
      <dt className="sr-only">{t("bounced")}</dt>
      <dd className="bounced-row">
        <BouncedNote {...props} />
      </dd>
    </>
  );
}

function BouncedNote({ at, why }: BouncedProps) {
  const t = useWords();
  return (
    <span className="bounced">
      <CircleAlert aria-hidden />
      {why
        ? t("bounced_why", { time: formatMoment(at, t.locale), why })
        : t("bounced_at", { time: formatMoment(at, t.locale) })}
    </span>
  );
}
