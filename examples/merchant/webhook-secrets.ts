/**
 * The secrets that webhooks may be signed with: one, or two while it is being rotated. When none of them fits, the
 * place that they came from is asked again (yours may be a secret manager), so that a rotation needs no restart.
 */
export class WebhookSecrets {
  readonly #ask: (() => Promise<readonly string[]>) | undefined;
  #current: readonly string[];
  #asking: Promise<boolean> | undefined;

  /** @param ask where newer ones can be had; without it these are all there will be */
  constructor(given: readonly string[], ask?: () => Promise<readonly string[]>) {
    this.#current = given;
    this.#ask = ask;
  }

  get current(): readonly string[] {
    return this.#current;
  }

  /** Whether there are others now. One question at a time, however many forged webhooks come in. */
  async renew(): Promise<boolean> {
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #renew(): Promise<boolean> {
    const earlier = this.#current;
    this.#current = (await this.#ask?.()) ?? earlier;
    return this.#current.join() !== earlier.join();
  }
}
