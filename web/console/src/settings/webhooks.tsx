/** Outgoing webhooks: the list, the form, a test, and what became of each delivery. */
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, Send, Webhook as WebhookIcon } from "lucide-react";
import { useState } from "react";
import { fieldProblem, report } from "../problem";
import { HOME_PLACE, type Route, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { Asked } from "../ui/asked";
import { Dialog } from "../ui/dialog";
import { notify } from "../ui/notices";
import { Growing } from "../ui/page";
import { Alert, Button, Check, Empty, TextField } from "../ui/parts";
import { Age, formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import { toggledId } from "./model";
import {
  AddButton,
  AgainButton,
  Checks,
  DeleteButton,
  Form,
  FRESH_MS,
  NameField,
  SecretDialog,
  Section,
} from "./parts";
import {
  addWebhook,
  changeWebhook,
  deleteWebhook,
  deliveriesPath,
  listWebhooks,
  newSecret,
  pingWebhook,
  retryDelivery,
} from "./webhook_actions";
import { type Delivery, healthOf, KINDS, type Webhook } from "./webhook_model";

const ALL: Route = { page: "settings", section: "webhooks", id: null };

export function WebhooksSection({ id }: { id: string | null }) {
  const answer = useQuery({ queryKey: ["webhooks"], queryFn: listWebhooks });
  const { data } = answer;
  if (!data) return <Asked answer={answer} />;
  const chosen = data.find((hook) => hook.id === id);
  return chosen ? <OneWebhook key={chosen.id} hook={chosen} /> : <WebhookList hooks={data} />;
}

function WebhookList({ hooks }: { hooks: readonly Webhook[] }) {
  const t = useWords();
  const [isAdding, setAdding] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const add = <AddButton label={t("new_webhook")} onClick={() => setAdding(true)} />;
  return (
    <Section title={t("webhooks")} hint={t("webhooks_hint")} action={add}>
      {!hooks.length && <Empty icon={<WebhookIcon />} title={t("none_yet")} />}
      <ul className="card-list">
        {hooks.map((hook) => (
          <li key={hook.id} className="card-item">
            <Link to={{ ...ALL, id: hook.id } as Route} className="card-row">
              <span className="card-main">
                <b>{hook.name}</b>
                <span>{hook.url}</span>
              </span>
              <HealthMark hook={hook} />
            </Link>
          </li>
        ))}
      </ul>
      {isAdding && (
        <Dialog title={t("new_webhook")} onClose={() => setAdding(false)} size="s">
          <WebhookForm
            hook={null}
            onClose={() => setAdding(false)}
            onSave={async (body) => {
              const made = await addWebhook(body);
              setAdding(false);
              setSecret(made.secret);
            }}
          />
        </Dialog>
      )}
      {secret && <ShownOnce secret={secret} onClose={() => setSecret(null)} />}
    </Section>
  );
}

function HealthMark({ hook }: { hook: Webhook }) {
  const t = useWords();
  const health = healthOf(hook);
  return (
    <span className="hook-health" data-health={health}>
      {t(`webhook_${health}`)}
    </span>
  );
}

/** What has been wrong with it, and since when. */
function Trouble({ hook }: { hook: Webhook }) {
  const t = useWords();
  const { failing_since, last_error } = hook;
  if (healthOf(hook) === "given_up")
    return (
      <Alert>
        {t("webhook_given_up_hint")} {last_error}
      </Alert>
    );
  if (!hook.active || !failing_since) return null;
  const time = formatMoment(failing_since, t.locale);
  return <Alert>{t("webhook_failing_since", { time, why: last_error ?? "" })}</Alert>;
}

function ShownOnce({ secret, onClose }: { secret: string; onClose: () => void }) {
  const t = useWords();
  return (
    <SecretDialog
      title={t("webhook_secret")}
      hint={t("webhook_secret_hint")}
      secret={secret}
      onClose={onClose}
    />
  );
}

function OneWebhook({ hook }: { hook: Webhook }) {
  const t = useWords();
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <>
      <Link to={ALL} className="button button-ghost hook-back">
        <ArrowLeft aria-hidden /> {t("webhooks")}
      </Link>
      <Section title={hook.name} action={<TestButton hook={hook} />}>
        <Trouble hook={hook} />
        <WebhookForm
          hook={hook}
          onSave={(body) => changeWebhook(hook.id, body).then(() => notify(t("saved")))}
        />
        <div className="hook-actions">
          <DeleteButton
            name={t("webhook_secret")}
            label={t("webhook_new_secret")}
            onDelete={() => newSecret(hook.id).then((made) => setSecret(made.secret))}
          />
          <DeleteButton name={hook.name} onDelete={() => deleteWebhook(hook.id)} />
        </div>
      </Section>
      <Section title={t("deliveries")}>
        <Deliveries hook={hook} />
      </Section>
      {secret && <ShownOnce secret={secret} onClose={() => setSecret(null)} />}
    </>
  );
}

function TestButton({ hook }: { hook: Webhook }) {
  const t = useWords();
  const [isBusy, setBusy] = useState(false);
  const test = () => {
    setBusy(true);
    pingWebhook(hook.id)
      .then(({ ok, status, error, took_ms }) =>
        ok
          ? notify(t("webhook_test_ok", { status: status ?? "", took: took_ms }))
          : notify(t("webhook_test_bad", { why: error ?? "" }), "problem"),
      )
      .catch(report)
      .finally(() => setBusy(false));
  };
  return (
    <Button disabled={isBusy} onClick={test}>
      <Send aria-hidden /> {t("webhook_test")}
    </Button>
  );
}

interface FormProps {
  hook: Webhook | null;
  onSave: (body: object) => Promise<unknown>;
  onClose?: () => void;
}

function WebhookForm({ hook, onSave, onClose }: FormProps) {
  const t = useWords();
  const [name, setName] = useState(hook?.name ?? "");
  const [url, setUrl] = useState(hook?.url ?? "https://");
  const [kinds, setKinds] = useState<string[]>([...(hook?.kinds ?? [])]);
  const [active, setActive] = useState(hook?.active ?? true);
  const [failure, setFailure] = useState<unknown>(null);
  return (
    <Form
      action={t(hook ? "save" : "create")}
      failure={failure}
      onFailure={setFailure}
      onSubmit={() => onSave({ name, url, kinds, active })}
      {...(onClose ? { onCancel: onClose } : {})}
    >
      <NameField value={name} failure={failure} onText={setName} />
      <TextField
        label={t("webhook_url")}
        hint={t("webhook_url_hint")}
        type="url"
        required
        value={url}
        problem={fieldProblem(failure, "url")}
        onText={setUrl}
      />
      <Checks
        label={t("webhook_kinds")}
        options={KINDS.map((kind) => ({ id: kind, name: t(`kind_${kind}`) }))}
        chosen={kinds}
        onToggle={(kind) => setKinds(toggledId(kinds, kind))}
      />
      <p className="field-hint">{t("webhook_kinds_hint")}</p>
      <Check label={t("webhook_active")} checked={active} onChecked={setActive} />
    </Form>
  );
}

function Deliveries({ hook }: { hook: Webhook }) {
  const t = useWords();
  return (
    <Growing<Delivery>
      path={deliveriesPath(hook.id)}
      queryKey={["deliveries", hook.id]}
      everyMs={FRESH_MS}
    >
      {(deliveries) =>
        deliveries.length ? (
          <ul className="card-list">
            {deliveries.map((delivery) => (
              <DeliveryRow key={delivery.id} hook={hook} delivery={delivery} />
            ))}
          </ul>
        ) : (
          <p className="field-hint">{t("deliveries_none")}</p>
        )
      }
    </Growing>
  );
}

function DeliveryRow({ hook, delivery }: { hook: Webhook; delivery: Delivery }) {
  const t = useWords();
  const { id, kind, ticket_id, state, attempts, status, error, created_at } = delivery;
  return (
    <li className="stuck">
      <div className="mailbox-main">
        <p>
          <b>{t(`kind_${kind}`)}</b>{" "}
          <span>
            <Age at={created_at} />
          </span>
        </p>
        <p className="mailbox-figures">
          <span className="hook-state" data-state={state}>
            {t(`delivery_${state}`)} {state === "delivered" && status}
          </span>
          {attempts > 0 && <span>{t("delivery_attempts", { count: attempts })}</span>}
          {attempts > 0 && delivery.next_attempt_at && (
            <span>
              {t("delivery_next", { time: formatMoment(delivery.next_attempt_at, t.locale) })}
            </span>
          )}
        </p>
        {error && <p className="mailbox-error">{error}</p>}
      </div>
      <div className="stuck-actions">
        <Link to={ticketsRoute(ticket_id, HOME_PLACE)} className="button button-ghost">
          {t("delivery_ticket")}
        </Link>
        {state === "failed" && hook.active && (
          <AgainButton onAgain={() => retryDelivery(hook.id, id)} done={t("delivery_again")} />
        )}
      </div>
    </li>
  );
}
