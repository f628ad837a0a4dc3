package recent

// Fill is how full something bounded is.
type Fill struct {
	Held, Limit int64
	Lost        int64 // so far: gone for want of room or use
}

// Fill is what both generations hold, in the unit of Max.
func (m *Map[V]) Fill() Fill {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return Fill{Held: int64(m.size + m.aged), Limit: 2 * int64(m.Max), Lost: m.lost}
}
