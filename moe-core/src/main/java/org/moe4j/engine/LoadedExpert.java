// SPDX-License-Identifier: Apache-2.0
package org.moe4j.engine;

import org.moe4j.Expert;
import org.moe4j.ExpertInfo;
import org.moe4j.MixtureException;
import org.moe4j.device.Device;
import org.moe4j.device.Device.FeedForwardWeights;
import org.moe4j.device.Device.Rows;
import org.moe4j.schedule.Scheduler;

/** An expert of an open model. Applying it takes its turn between the model's steps. */
final class LoadedExpert implements Expert {

  private final ExpertInfo info;
  private final FeedForwardWeights weights;
  private final Device device;
  private final Scheduler scheduler;

  LoadedExpert(ExpertInfo info, FeedForwardWeights weights, Device device, Scheduler scheduler) {
    this.info = info;
    this.weights = weights;
    this.device = device;
    this.scheduler = scheduler;
  }

  @Override
  public ExpertInfo info() {
    return info;
  }

  @Override
  public float[] apply(float[] hidden, int rows) {
    int width = info.hiddenSize();
    if (rows < 1 || hidden.length != (long) rows * width) {
      throw new MixtureException.BadRequest(
          "expected rows x hidden size values, at least one row: %d rows x %d, got %d values"
              .formatted(rows, width, hidden.length));
    }
    float[] values = hidden.clone();
    return scheduler.call(() -> {
      float[] result = new float[values.length];
      float[] row = new float[width];
      try (Rows in = device.allocate(rows, width);
          Rows out = device.allocate(rows, width)) {
        device.write(values, rows, in);
        device.feedForward(weights, rows, in, out);
        for (int i = 0; i < rows; i++) {
          device.read(out, i, row);
          System.arraycopy(row, 0, result, i * width, width);
        }
      }
      return result;
    });
  }
}
