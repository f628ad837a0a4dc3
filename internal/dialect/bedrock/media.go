package bedrock

import "strings"

// formats are the media a model may be shown, by the wire's words for their
// types (Amazon Bedrock API, ImageBlock, DocumentBlock, VideoBlock, AudioBlock).
var formats = map[string]string{
	"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",

	"pdf": "application/pdf", "csv": "text/csv", "html": "text/html", "txt": "text/plain", "md": "text/markdown",
	"doc":  "application/msword",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xls":  "application/vnd.ms-excel",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",

	"mkv": "video/x-matroska", "mov": "video/quicktime", "mp4": "video/mp4", "webm": "video/webm", "flv": "video/x-flv",
	"mpeg": "video/mpeg", "mpg": "video/mpg", "wmv": "video/x-ms-wmv", "three_gp": "video/3gpp",
}

// words is the way back, with other names of the same types.
var words = func() map[string]string {
	all := map[string]string{"image/jpg": "jpeg", "text/x-markdown": "md", "application/csv": "csv"}
	for word, mediaType := range formats {
		all[mediaType] = word
	}
	return all
}()

// typeOf is the media type of a format; one we do not know stays what it is.
func typeOf(format string) string {
	if t, known := formats[format]; known {
		return t
	}
	return format
}

// formatOf is the way back, also from the ending of an address; empty if the
// vendor has no word for it.
func formatOf(mediaType, address string) string {
	if word, known := words[strings.ToLower(mediaType)]; known {
		return word
	}
	if dot := strings.LastIndexByte(address, '.'); mediaType == "" && dot >= 0 {
		ending := strings.ToLower(address[dot+1:])
		if ending == "jpg" {
			return "jpeg"
		}
		if _, known := formats[ending]; known {
			return ending
		}
	}
	return ""
}
