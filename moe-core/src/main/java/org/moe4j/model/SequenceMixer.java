// SPDX-License-Identifier: Apache-2.0
package org.moe4j.model;

import java.util.List;
import org.moe4j.format.TensorData;

/** What exchanges information between the positions of a sequence, and the state it keeps. */
public sealed interface SequenceMixer
    permits Attention, LatentAttention, GatedDeltaNet, Mamba2, ShortConvolution {

  /** What it remembers of a sequence. */
  LayerState state();

  /** All its weights. */
  List<TensorData> tensors();
}
