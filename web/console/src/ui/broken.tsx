/** Holds a fault of one page or part, so that the rest of the console stays: a person can go elsewhere, and
 * coming back tries anew. */
import { Component, type ReactNode } from "react";
import { buildStore, reload } from "../build/actions";
import { words } from "../words/view";
import { Button, Empty } from "./parts";

interface Props {
  /** What is shown; another place is another try. */
  place: string;
  children: ReactNode;
}

interface State {
  brokenAt: string | null;
}

export class Unbroken extends Component<Props, State> {
  override state: State = { brokenAt: null };

  static getDerivedStateFromError(): Partial<State> {
    return { brokenAt: "" };
  }

  static getDerivedStateFromProps({ place }: Props, { brokenAt }: State): State | null {
    if (brokenAt === null || brokenAt === place) return null;
    return { brokenAt: brokenAt === "" ? place : null };
  }

  override render(): ReactNode {
    if (this.state.brokenAt === null) return this.props.children;
    const t = words();
    return (
      <Empty title={t(buildStore.get().isOld ? "outdated" : "problem_unknown")}>
        <Button onClick={reload}>{t("reload")}</Button>
      </Empty>
    );
  }
}
