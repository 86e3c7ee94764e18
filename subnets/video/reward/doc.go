package reward

type Kind string

const (
	Compression Kind = "compression"
	Upscaling   Kind = "upscaling"
)
