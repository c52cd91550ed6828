/** Who sits here: own status, look, language, shortcuts, sign-out. */
import { Menu } from "@base-ui/react/menu";
import type { AgentStatus } from "@parley/shared/resources";
import { Check, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";
import { useAgents, useMe } from "../data/view";
import { live } from "../live/actions";
import { prefer, preferencesStore } from "../preferences/actions";
import { LANGUAGES, type Language, THEMES, type Theme } from "../preferences/model";
import { report } from "../problem";
import { signOut } from "../session/actions";
import { useStore } from "../store";
import { Avatar } from "../ui/parts";
import { useWords } from "../words/view";
import { helpStore } from "./actions";

const STATUSES: readonly AgentStatus[] = ["online", "away", "offline"];

export function UserMenu() {
  const t = useWords();
  const me = useMe();
  const { theme, language } = useStore(preferencesStore, (preferences) => preferences);
  const status = useAgents().find(({ id }) => id === me.id)?.status ?? me.status;
  return (
    <Menu.Root>
      <Menu.Trigger
        render={
          <button
            type="button"
            className="user-button"
            aria-label={t("user_menu", { name: me.name })}
          />
        }
      >
        <span className="user-face">
          <Avatar id={me.id} name={me.name} />
          <span className={`presence presence-${status}`} />
        </span>
        <span className="user-words">
          <b>{me.name}</b>
          <small>{t(`agent_${status}`)}</small>
        </span>
        <ChevronsUpDown aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="popper" sideOffset={8} side="top" align="start">
          <Menu.Popup className="menu menu-wide">
            <Choice<AgentStatus>
              label={t("my_status")}
              value={status}
              onValue={(value) => live().setStatus(value)}
              options={STATUSES.map((value) => ({
                value,
                label: t(`agent_${value}`),
                icon: <span className={`presence presence-${value}`} />,
              }))}
            />
            <Menu.Separator className="menu-line" />
            <Choice<Theme>
              label={t("theme")}
              value={theme}
              onValue={(value) => prefer({ theme: value })}
              options={THEMES.map((value) => ({ value, label: t(`theme_${value}`) }))}
            />
            <Menu.Separator className="menu-line" />
            <Choice<Language>
              label={t("language")}
              value={language}
              onValue={(value) => prefer({ language: value })}
              options={LANGUAGES.map((value) => ({ value, label: t(`language_${value}`) }))}
            />
            <Menu.Separator className="menu-line" />
            <Menu.Item className="menu-item" onClick={() => helpStore.set({ isOpen: true })}>
              {t("shortcuts")}
              <kbd>?</kbd>
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={() => signOut().catch(report)}>
              {t("sign_out")}
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

interface ChoiceProps<V extends string> {
  label: string;
  value: V;
  options: readonly { value: V; label: string; icon?: ReactNode }[];
  onValue: (value: V) => void;
}

function Choice<V extends string>({ label, value, options, onValue }: ChoiceProps<V>) {
  return (
    <Menu.RadioGroup value={value} onValueChange={(next: V) => onValue(next)}>
      <div className="menu-title">{label}</div>
      {options.map((option) => (
        <Menu.RadioItem key={option.value} value={option.value} className="menu-item" closeOnClick>
          {option.icon}
          {option.label}
          <Menu.RadioItemIndicator className="menu-check">
            <Check aria-hidden />
          </Menu.RadioItemIndicator>
        </Menu.RadioItem>
      ))}
    </Menu.RadioGroup>
  );
}
