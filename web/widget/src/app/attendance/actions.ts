/** Keeps up with whether somebody is there to answer, while the visitor can see it. */

import { createHttp, type Http } from "@parley/shared/http";
import type { Cancel, Clock } from "@parley/shared/live/clock";
import type { WidgetSession } from "@parley/shared/resources";
import { effect } from "@preact/signals";
import type { App } from "../app";

/** Many visitors look at once: they do not all ask at once. */
const everyMs = 60_000;
const spreadMs = 15_000;

export class Attendance {
  private readonly http: Http;
  private askedAt = Number.NEGATIVE_INFINITY;
  private cancel: Cancel = () => {};

  constructor(
    private readonly app: App,
    private readonly clock: Clock,
  ) {
    this.http = createHttp("/api/v1", { bearer: () => app.session.value?.token ?? null });
  }

  /** Gives the undo. */
  watch(): Cancel {
    const { app } = this;
    const stop = effect(() => {
      const isSeen = app.visible.value && app.networked.value && app.visitor.value !== null;
      this.cancel();
      if (isSeen) this.wait();
    });
    return () => {
      stop();
      this.cancel();
    };
  }

  private wait(): void {
    const { clock } = this;
    const ms = this.askedAt + everyMs - clock.now() + clock.chance() * spreadMs;
    this.cancel = clock.after(Math.max(1_000, ms), () => void this.ask());
  }

  private async ask(): Promise<void> {
    const { app, clock, http } = this;
    const token = app.session.value?.token;
    this.askedAt = clock.now();
    this.wait();
    // Not reached: what was known stands, and the next time comes.
    const inbox = await http.get<WidgetSession["inbox"]>("/widget/inbox").catch(() => null);
    const { value: session } = app.session;
    if (inbox && session && session.token === token) app.session.value = { ...session, inbox };
  }
}
