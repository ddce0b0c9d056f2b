// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import java.util.concurrent.atomic.AtomicReference;
import org.jline.utils.Signals;

/**
 * Ctrl-C, and the signal that asks a process to end, become an interrupt of the main thread:
 * whatever runs there ends early and leaves nothing half-done. A second one ends the process at
 * once.
 */
final class Interrupts {

  private static final AtomicReference<Runnable> ACTION = new AtomicReference<>(() -> {});
  private static volatile boolean happened;

  private Interrupts() {}

  static void install(Thread main) {
    ACTION.set(() -> {
      if (happened) {
        Runtime.getRuntime().halt(Main.CANCELLED);
      }
      happened = true;
      main.interrupt();
    });
    for (String signal : new String[] {"INT", "TERM"}) {
      Signals.register(signal, () -> ACTION.get().run());
    }
  }

  /** Puts another action in the place of the interrupt, for the rest of the process. */
  static void replace(Runnable action) {
    ACTION.set(action);
  }

  /** Whether the process was asked to end. */
  static boolean happened() {
    return happened;
  }
}
