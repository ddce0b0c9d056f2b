// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.moe4j.FinishReason;
import org.moe4j.MixtureException;
import org.moe4j.Router;
import org.moe4j.Routing;
import org.moe4j.Scores;
import org.moe4j.decode.Decoder;
import org.moe4j.sample.Sampler;

/** Scores given tokens: feeds them and keeps what the model made of each. */
final class ScoringTask extends Task {

  private final ImmutableIntArray tokens;
  private final KeptScores scores;
  private final Outcome<Void, Scores> outcome = new Outcome<>();
  private int fed;
  private volatile boolean cancelled;
  private boolean ended;

  ScoringTask(ImmutableIntArray tokens, Set<Scores.Detail> details, Decoder decoder) {
    this.tokens = tokens;
    scores = new KeptScores(tokens, details, decoder.expertLayers());
  }

  /** Waits for the scores; interrupting the waiting thread cancels them. */
  Scores await() {
    return outcome.result(() -> cancelled = true);
  }

  @Override
  int mostPositions() {
    return tokens.length();
  }

  @Override
  int pending() {
    return tokens.length() - fed;
  }

  @Override
  int logitsOf(int rows) {
    return rows;
  }

  @Override
  boolean wantsEveryLogit() {
    return true;
  }

  @Override
  ImmutableIntArray take(int rows) {
    ImmutableIntArray next = tokens.subArray(fed, fed + rows);
    fed += rows;
    return next;
  }

  @Override
  Router router(int layer, Router own) {
    return own;
  }

  @Override
  void stepped(StepResult step) {
    int first = fed - step.rows();
    for (int i = 0; i < step.rows(); i++) {
      scores.add(first + i, step.decoder().logits(step.firstLogit() + i));
    }
    for (int layer : step.decoder().expertLayers()) {
      Routing routing = step.decoder().routing(layer);
      for (int i = 0; i < step.rows(); i++) {
        scores.add(layer, first + i, routing, step.firstRow() + i);
      }
    }
    if (pending() == 0) {
      ended = true;
      outcome.complete(scores);
    }
  }

  @Override
  boolean isFinished() {
    return ended;
  }

  @Override
  @Nullable FinishReason interruption() {
    return cancelled ? FinishReason.CANCELLED : null;
  }

  @Override
  void end(FinishReason reason) {
    fail(new MixtureException.Failed("scoring was interrupted", null));
  }

  @Override
  void fail(MixtureException failure) {
    ended = true;
    outcome.fail(failure);
  }

  @Override
  void closed() {
    fail(new MixtureException.Closed("the model was closed while it scored"));
  }

  @Override
  void admitted() {}

  /** What is kept of each token. */
  private static final class KeptScores implements Scores {

    private final ImmutableIntArray tokens;
    private final double[] logProbabilities;
    private final float @Nullable [][] logits;
    private final int[] layers;
    private final int @Nullable [][][] experts;
    private final float[][][] weights;

    KeptScores(ImmutableIntArray tokens, Set<Detail> details, int[] layers) {
      this.tokens = tokens;
      this.layers = layers;
      logProbabilities = new double[tokens.length()];
      logProbabilities[0] = Double.NaN;
      logits = details.contains(Detail.LOGITS) ? new float[tokens.length()][] : null;
      boolean routing = details.contains(Detail.ROUTING);
      experts = routing ? new int[layers.length][tokens.length()][] : null;
      weights = new float[routing ? layers.length : 0][tokens.length()][];
    }

    void add(int index, float[] row) {
      if (index + 1 < tokens.length()) {
        logProbabilities[index + 1] = row[tokens.get(index + 1)] - Sampler.logSum(row);
      }
      if (logits != null) {
        logits[index] = row.clone();
      }
    }

    void add(int layer, int index, Routing routing, int row) {
      if (experts == null) {
        return;
      }
      int at = indexOf(layer);
      int count = routing.count(row);
      experts[at][index] = new int[count];
      weights[at][index] = new float[count];
      for (int slot = 0; slot < count; slot++) {
        experts[at][index][slot] = routing.expert(row, slot);
        weights[at][index][slot] = routing.weight(row, slot);
      }
    }

    private int indexOf(int layer) {
      for (int i = 0; i < layers.length; i++) {
        if (layers[i] == layer) {
          return i;
        }
      }
      throw new MixtureException.BadRequest("layer " + layer + " has no experts");
    }

    @Override
    public int size() {
      return tokens.length();
    }

    @Override
    public int token(int index) {
      return tokens.get(index);
    }

    @Override
    public double logProbability(int index) {
      return logProbabilities[index];
    }

    @Override
    public float[] logits(int index) {
      if (logits == null) {
        throw new MixtureException.BadRequest(
            "logits were not asked for: pass Scores.Detail.LOGITS");
      }
      return logits[index].clone();
    }

    @Override
    public int[] experts(int layer, int index) {
      return routing()[indexOf(layer)][index].clone();
    }

    @Override
    public float[] weights(int layer, int index) {
      routing();
      return weights[indexOf(layer)][index].clone();
    }

    private int[][][] routing() {
      if (experts == null) {
        throw new MixtureException.BadRequest(
            "the routing was not asked for: pass Scores.Detail.ROUTING");
      }
      return experts;
    }
  }
}
