// SPDX-License-Identifier: Apache-2.0
package org.moe4j.cli;

import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * A bar on standard error for what takes more than a second; only on a terminal, and gone when it
 * is done. The JVM cannot tell whether standard error is a terminal, so the launcher does: system
 * property {@code moe4j.terminal}.
 */
final class LoadBar implements AutoCloseable {

  private static final int STEPS = 100;
  private static final int WIDTH = 78;
  private static final long HIDDEN_NANOS = 1_000_000_000;

  private final @Nullable ProgressBar bar;

  private LoadBar(@Nullable ProgressBar bar) {
    this.bar = bar;
  }

  static LoadBar start(String task, boolean quiet) {
    if (quiet || !Boolean.getBoolean("moe4j.terminal")) {
      return new LoadBar(null);
    }
    return new LoadBar(
        ProgressBar.builder()
            .setTaskName(task)
            .setInitialMax(STEPS)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .continuousUpdate()
            .hideEta()
            .setMaxRenderedLength(WIDTH)
            .setConsumer(new Line())
            .build());
  }

  void update(double fraction) {
    if (bar != null) {
      bar.stepTo((long) (fraction * STEPS));
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }

  /** Writes over one line, after the first second. */
  private static final class Line implements ProgressBarConsumer {

    private final long start = System.nanoTime();
    private boolean shown;

    @Override
    public int getMaxRenderedLength() {
      return WIDTH;
    }

    @Override
    public void accept(String text) {
      if (System.nanoTime() - start > HIDDEN_NANOS) {
        shown = true;
        System.err.print("\r" + text);
        System.err.flush();
      }
    }

    @Override
    public void close() {
      if (shown) {
        System.err.print("\r" + " ".repeat(WIDTH) + "\r");
        System.err.flush();
      }
    }
  }
}
