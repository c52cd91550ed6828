/** Sign-in: alone on the screen, or on top of a screen whose session has ended. */
import { type FormEvent, useState } from "react";
import { describe } from "../problem";
import { Alert, Button, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { signIn } from "./actions";

/** The name is a picture here, and said once. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" className="logo">
      <path d="M7 3h18a5 5 0 0 1 5 5v11a5 5 0 0 1-5 5H15.5l-6.2 4.9A1 1 0 0 1 7.7 28v-4H7a5 5 0 0 1-5-5V8a5 5 0 0 1 5-5Z" />
      <path d="M9.5 11h13M9.5 16.5h8" />
    </svg>
  );
}

export function SignIn({ email: known = "" }: { email?: string }) {
  const t = useWords();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    signIn(email.trim(), password)
      .catch((failure: unknown) => setProblem(describeSignIn(failure, t("sign_in_wrong"))))
      .finally(() => setBusy(false));
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <div className="sign-in-head">
        <Logo size={36} />
        <h1>{known ? t("sign_in_again") : t("sign_in_title")}</h1>
        {known && <p>{t("sign_in_kept")}</p>}
      </div>
      {problem && <Alert>{problem}</Alert>}
      <TextField
        label={t("email")}
        type="email"
        name="email"
        autoComplete="username"
        required
        value={email}
        onText={setEmail}
        // The page is this form.
        autoFocus={!known}
      />
      <TextField
        label={t("password")}
        type="password"
        name="password"
        autoComplete="current-password"
        required
        value={password}
        onText={setPassword}
        // Only the password is missing.
        autoFocus={known !== ""}
      />
      <Button type="submit" look="primary" disabled={isBusy}>
        {isBusy ? t("signing_in") : t("sign_in")}
      </Button>
    </form>
  );
}

function describeSignIn(failure: unknown, wrong: string): string {
  const status = (failure as { status?: number }).status;
  return status === 401 || status === 403 || status === 422 ? wrong : describe(failure);
}
