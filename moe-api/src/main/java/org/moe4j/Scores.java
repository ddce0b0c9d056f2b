// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/**
 * What the model thinks of given tokens: for each its log-probability after the ones before it, and
 * where asked for the full logits and the routing. Immutable.
 */
public interface Scores {

  /** What to keep besides the log-probabilities. */
  enum Detail {
    /** The logits after every token: 4 bytes x vocabulary for each. */
    LOGITS,
    /** The experts and weights of every layer and token. */
    ROUTING
  }

  /** Number of tokens scored. */
  int size();

  /**
   * A token id.
   *
   * @param index {@code 0 <= index < size()}
   */
  int token(int index);

  /**
   * Natural logarithm of the probability of a token after those before it; NaN for the first, which
   * nothing predicts.
   *
   * @param index {@code 0 <= index < size()}
   */
  double logProbability(int index);

  /**
   * {@code exp} of the mean negative log-probability of all tokens but the first; NaN for a single
   * token.
   */
  default double perplexity() {
    double sum = 0;
    for (int i = 1; i < size(); i++) {
      sum -= logProbability(i);
    }
    return size() < 2 ? Double.NaN : Math.exp(sum / (size() - 1));
  }

  /**
   * The logits after a token, one a vocabulary entry; a copy.
   *
   * @param index {@code 0 <= index < size()}
   * @throws MixtureException.BadRequest if {@link Detail#LOGITS} was not asked for
   */
  float[] logits(int index);

  /**
   * The experts that ran for a token, in slot order.
   *
   * @param layer a layer with experts
   * @param index {@code 0 <= index < size()}
   * @throws MixtureException.BadRequest if {@link Detail#ROUTING} was not asked for or the layer
   *     has no experts
   */
  int[] experts(int layer, int index);

  /**
   * The weights that multiplied the outputs of {@link #experts}.
   *
   * @param layer a layer with experts
   * @param index {@code 0 <= index < size()}
   * @throws MixtureException.BadRequest if {@link Detail#ROUTING} was not asked for or the layer
   *     has no experts
   */
  float[] weights(int layer, int index);
}
