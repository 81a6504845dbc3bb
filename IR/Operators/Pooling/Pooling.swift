/// An operator that joins neighbouring positions of each channel and keeps channels apart.
package protocol Pooling: Operator {}
